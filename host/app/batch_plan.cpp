// SPDX-License-Identifier: MPL-2.0
#include "app/batch_plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/endpoint_url.hpp"
#include "app/password_source.hpp"

namespace reprompt::app {

namespace {

bool same_file(const struct stat& left, const struct stat& right) {
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/// Answers that go to the end of the file that names those that are there already. Error: one English line.
Expected<void, std::string> meet_resume_file(const std::string& path, int out) {
    struct stat named {};
    struct stat written {};
    if (::stat(path.c_str(), &named) != 0) return {};  // said by who reads it
    if (::fstat(out, &written) != 0 || !same_file(named, written)) return {};
    const int flags = ::fcntl(out, F_GETFL);
    if ((flags & O_APPEND) == 0)
        return Unexpected<std::string>(
            "the answers go to the file of --resume itself and would overwrite it; write >>FILE");
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char end = '\n';
    if (file && named.st_size > 0 && ::pread(file.get(), &end, 1, named.st_size - 1) == 1 && end != '\n') {
        // The last line was cut off by the end of an earlier run; it must not swallow the next one.
        [[maybe_unused]] const auto done = ::write(out, "\n", 1);
    }
    return {};
}

}  // namespace

Expected<void, std::string> make_plan(const BatchArguments& arguments, const BatchPlace& place,
                                      BatchPlan& plan) {
    if (arguments.jobs < 1 || arguments.jobs > most_jobs)
        return Unexpected<std::string>("--jobs takes 1 to 256");
    if (::isatty(place.in) == 1)
        return Unexpected<std::string>(
            "the list is read from standard input, which is a terminal; write <FILE, or pipe it");
    if (::fcntl(place.in, F_GETFL) < 0) return Unexpected<std::string>("standard input is closed");
    if (arguments.ca_file) {
        if (::access(arguments.ca_file->c_str(), R_OK) != 0)
            return Unexpected<std::string>("the file given with --ca-file cannot be read");
        plan.trust.ca_file = *arguments.ca_file;
    }
    if (arguments.proxy) {
        auto proxy = parse_proxy_url(*arguments.proxy);
        if (!proxy) return Unexpected<std::string>("--proxy: " + proxy.error());
        plan.terms.proxy = std::move(*proxy);
    }
    plan.terms.limit = Milliseconds(1000) * arguments.timeout_s;
    plan.terms.no_auth = arguments.no_auth;
    if (arguments.password_fd && !arguments.no_auth) {
        if (*arguments.password_fd == place.in)
            return Unexpected<std::string>("--password-fd names the descriptor of the list");
        auto password = read_password(*arguments.password_fd);
        if (!password) return Unexpected<std::string>(password.error());
        plan.password = std::move(*password);
        plan.terms.password = &plan.password;
    }
    if (!arguments.resume_file) return {};
    if (auto met = meet_resume_file(*arguments.resume_file, place.out); !met) return met;
    auto answered = AnsweredIds::read(*arguments.resume_file);
    if (!answered) return Unexpected<std::string>("the file given with --resume " + answered.error());
    plan.answered = std::move(*answered);
    return {};
}

}  // namespace reprompt::app
