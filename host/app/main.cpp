// SPDX-License-Identifier: MPL-2.0
// The program `reprompt`: a native-messaging host when Thunderbird starts it, else a command line. Belongs
// here: that choice, and where exceptions end.
#include <unistd.h>

#include <exception>
#include <iostream>
#include <span>

#include "app/cli.hpp"
#include "app/exit_status.hpp"
#include "app/native_host.hpp"
#include "app/process.hpp"
#include "base/log.hpp"

int main(int argc, char** argv) {
    using namespace reprompt;
    app::harden_process();
    const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
    try {
        if (const auto caller = app::native_caller(arguments)) {
            app::confine_native_host();
            const UniqueFd out = app::take_stdout();
            const UniqueFd asked = app::ending_signals();
            return app::run_native_host(STDIN_FILENO, out.get(), *caller, app::real_workplace(),
                                        {asked.get(), app::end_in_a_second});
        }
        const int status = app::run_cli(arguments, std::cin, std::cout, std::cerr);
        std::cout.flush();
        return std::cout || status > 128 ? status : app::exit_internal;  // what a signal ended says so
    } catch (const std::exception&) {  // a bug or no memory; its text could quote what must not be quoted
        log::error("an internal error ended the program");
        return app::exit_internal;
    }
}
