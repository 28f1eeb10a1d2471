// SPDX-License-Identifier: MPL-2.0
// See session_bus.hpp.
#include "unit/session_bus.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>

extern char** environ;

namespace reprompt::test {

Child::~Child() {
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
}

void start(Child& child, std::vector<std::string> arguments, std::vector<std::string> environment) {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    child.output.reset(ends[0]);
    const UniqueFd theirs(ends[1]);
    std::vector<char*> argv;
    std::vector<char*> envp;
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    for (std::string& variable : environment)
        envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
    REQUIRE(posix_spawnp(&child.pid, argv[0], &actions, nullptr, argv.data(), envp.data()) == 0);
    posix_spawn_file_actions_destroy(&actions);
}

std::string read_from(const Child& child, bool one_line) {
    std::string text;
    char octet = 0;
    while (read(child.output.get(), &octet, 1) == 1) {
        if (one_line && octet == '\n') break;
        text += octet;
    }
    return text;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
    std::vector<std::string> variables = more;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string variable = *each;
        const std::string name = variable.substr(0, variable.find('='));
        if (name != "DBUS_SESSION_BUS_ADDRESS" && name != "XDG_RUNTIME_DIR") variables.push_back(variable);
    }
    return variables;
}

std::string start_bus(Child& bus, const std::filesystem::path& folder, const std::string& rules) {
    std::ofstream(folder / "bus.conf")
        << "<busconfig><type>session</type><listen>unix:path=" << (folder / "bus").string()
        << "</listen><policy context=\"default\"><allow send_destination=\"*\"/><allow own=\"*\"/>" << rules
        << "</policy></busconfig>";
    start(bus,
          {"dbus-daemon", "--nofork", "--print-address", "--config-file=" + (folder / "bus.conf").string()},
          environment_with({}));
    std::string address = read_from(bus, true);
    REQUIRE_FALSE(address.empty());
    return address;
}

}  // namespace reprompt::test
