/* SPDX-License-Identifier: MPL-2.0
 * Runs a program and writes what it cost, from outside of any large process: a child's peak memory begins with that of the process that made it, and Node.js has 50 MiB.
 *   launch RESULT COMMAND [ARGUMENT…]
 *   launch RESULT --first-reply REQUEST COMMAND [ARGUMENT…]
 * RESULT gets one line: wall, user and system time in milliseconds, peak memory in KiB, exit status (128 + signal), and the milliseconds from the start to the end of the first native
 * message on the child's standard output (-1 without --first-reply, which sends the octets of the file REQUEST, waits for one message, and then closes the child's standard input).
 * Standard streams are handed on. Belongs here: nothing that interprets a number. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms_of(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static void fail(const char* what) {
    perror(what);
    exit(70);
}

static void read_exactly(int fd, unsigned char* out, size_t size) {
    for (size_t got = 0; got < size;) {
        const ssize_t count = read(fd, out + got, size - got);
        if (count <= 0) fail("launch: the first message");
        got += (size_t)count;
    }
}

/* Sends the request and gives the moment at which the first answer was complete. */
static double first_reply(int to, int from, const char* request, size_t size) {
    if (write(to, request, size) != (ssize_t)size) fail("launch: the request");
    unsigned char head[4];
    read_exactly(from, head, sizeof head);
    uint32_t length;
    memcpy(&length, head, sizeof length); /* native messages count in the machine's own byte order */
    if (length > 1u << 20) fail("launch: length");
    static unsigned char body[1 << 20];
    read_exactly(from, body, length);
    return now_ms();
}

int main(int argc, char** argv) {
    const int with_request = argc > 4 && strcmp(argv[2], "--first-reply") == 0;
    char** command = argv + (with_request ? 4 : 2);
    if (argc < 3 || *command == NULL) {
        fputs("usage: launch RESULT [--first-reply REQUEST] COMMAND [ARGUMENT...]\n", stderr);
        return 64;
    }
    static char request[1 << 16];
    size_t size = 0;
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    if (with_request) {
        const int file = open(argv[3], O_RDONLY | O_CLOEXEC);
        const ssize_t count = file < 0 ? -1 : read(file, request, sizeof request);
        if (count < 0) fail(argv[3]);
        size = (size_t)count;
        if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) fail("launch: pipe");
    }

    const double begin = now_ms();
    const pid_t child = fork();
    if (child < 0) fail("launch: fork");
    if (child == 0) {
        if (with_request && (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)) _exit(127);
        execvp(command[0], command);
        _exit(127);
    }
    double replied = -1;
    if (with_request) {
        close(in[0]);
        close(out[1]);
        replied = first_reply(in[1], out[0], request, size) - begin;
        close(in[1]);
    }
    int status;
    struct rusage cost;
    if (wait4(child, &status, 0, &cost) != child) fail("launch: wait4");
    const double wall = now_ms() - begin;

    FILE* result = fopen(argv[1], "w");
    if (result == NULL) fail(argv[1]);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(result, "%.3f %.3f %.3f %ld %d %.3f\n", wall, ms_of(cost.ru_utime), ms_of(cost.ru_stime), cost.ru_maxrss, code, replied);
    return fclose(result) == 0 ? code : 70;
}
