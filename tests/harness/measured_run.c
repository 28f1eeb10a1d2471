// SPDX-License-Identifier: MPL-2.0
// Runs a program and writes the most memory it ever used to a file: `measured_run FILE PROGRAM ARGUMENTS…`. The number is in KiB (getrusage(2), ru_maxrss). Ends as the program did.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 3) return 64;
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, 9);
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    // The descriptors are the program's: a pipe that it closes must be seen to end.
    for (int fd = 0; fd < 16; ++fd) close(fd);
    int status = 0;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) != child) return 126;
    FILE *file = fopen(arguments[1], "w");
    if (file == NULL || fprintf(file, "%ld\n", used.ru_maxrss) < 0 || fclose(file) != 0) return 125;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    raise(WTERMSIG(status));
    return 124;
}
