// SPDX-License-Identifier: MPL-2.0
#include "app/rule_folders.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <system_error>

#include "app/explain.hpp"
#include "base/home_folder.hpp"
#include "base/nearest.hpp"
#include "base/system_words.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace reprompt::app {

namespace {

namespace fs = std::filesystem;

constexpr mode_t writable_by_others = S_IWGRP | S_IWOTH;

std::string shown(const fs::path& path) {
    return escape_server_words(path.string(), 4096);
}

/// What stands against trusting `facts`; "" if nothing does.
std::string fault_of(const struct stat& facts, const RuleFolder& from) {
    if (facts.st_uid != from.owner)
        return from.origin == RuleOrigin::organisation ? "does not belong to root (sudo chown root:root)"
                                                       : "belongs to another user (chown)";
    if ((facts.st_mode & writable_by_others) != 0) return "can be written by others (chmod go-w)";
    return "";
}

/// Whoever may write a folder may put another one in the place of what is in it; one with the sticky bit
/// (/tmp) keeps others from moving what is root's. "" if `facts` are those of root's or the owner's alone.
std::string fault_above(const struct stat& facts, const fs::path& above, uid_t owner) {
    const bool theirs = facts.st_uid != 0 && facts.st_uid != owner;
    const bool open = (facts.st_mode & writable_by_others) != 0 && (facts.st_mode & S_ISVTX) == 0;
    return theirs || open ? "lies in " + shown(above) + ", which others could change" : "";
}

struct OpenedFolder {
    UniqueFd folder;           ///< none: it is not there
    std::string fault_on_way;  ///< of the first folder above that others could change; "" if there is none
};

/// Goes from the root by one name at a time and follows no symbolic link: where one leads is up to whoever
/// may write beside it. Each folder is judged by the descriptor that the next step starts from, so that
/// nothing can change in between. Error: English, why it cannot be read.
Expected<OpenedFolder, std::string> open_folder(const fs::path& path, uid_t owner) {
    const auto wrong = [](std::string why) { return Unexpected<std::string>(std::move(why)); };
    OpenedFolder out;
    fs::path so_far = path.root_path();
    out.folder = UniqueFd(::open(so_far.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY));
    for (const auto& name : path.relative_path()) {
        struct stat facts {};
        if (!out.folder || ::fstat(out.folder.get(), &facts) != 0) return wrong(system_words(errno));
        if (out.fault_on_way.empty()) out.fault_on_way = fault_above(facts, so_far, owner);
        const int above = out.folder.get();
        so_far /= name;
        const int access = so_far == path ? O_RDONLY : O_PATH;
        UniqueFd next(::openat(above, name.c_str(), access | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW));
        const int error = next ? 0 : errno;
        if (error == ENOENT) return OpenedFolder{};
        const bool looked = ::fstatat(above, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
        if (!next && looked && S_ISLNK(facts.st_mode))
            return wrong(shown(so_far) + " is a symbolic link, which is not followed");
        if (!next) return wrong(system_words(error));
        out.folder = std::move(next);
    }
    return out;
}

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

struct FolderNames {
    std::vector<std::string> rules;     ///< `*.json`
    std::vector<std::string> mistyped;  ///< probably meant to be: "x.jsn", "x.JSON", "x.json.txt"
};

bool looks_mistyped(std::string name) {
    name = to_lower(name);
    if (name.ends_with('~')) return false;  // an editor's
    if (name.ends_with(".json.txt")) return true;
    const auto dot = name.rfind('.');
    return dot != std::string::npos && edit_distance(std::string_view(name).substr(dot), ".json") <= 1;
}

/// In the order of their octets; hidden names are an editor's.
FolderNames names_in(DIR& folder) {
    FolderNames names;
    while (const dirent* const entry = ::readdir(&folder)) {
        std::string name = entry->d_name;
        if (name.starts_with('.')) continue;
        if (name.ends_with(".json")) {
            names.rules.push_back(std::move(name));
        } else if (looks_mistyped(name)) {
            names.mistyped.push_back(std::move(name));
        }
    }
    std::sort(names.rules.begin(), names.rules.end());
    std::sort(names.mistyped.begin(), names.mistyped.end());
    return names;
}

/// The whole file, or what is wrong with it.
Expected<std::string, std::string> read_rule_file(int folder, const std::string& name,
                                                  const RuleFolder& from) {
    const auto wrong = [](std::string why) { return Unexpected<std::string>(std::move(why)); };
    struct stat facts {};
    // Before it is opened: opening a device can have effects. After it: it may have been changed since.
    if (::fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return wrong(system_words(errno));
    if (S_ISLNK(facts.st_mode)) return wrong("is no plain file: a symbolic link is not followed");
    if (!S_ISREG(facts.st_mode)) return wrong("is no plain file");
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
    const UniqueFd file(::openat(folder, name.c_str(), flags));
    if (!file || ::fstat(file.get(), &facts) != 0) return wrong(system_words(errno));
    if (!S_ISREG(facts.st_mode)) return wrong("is no plain file");
    if (auto fault = fault_of(facts, from); !fault.empty()) return wrong(std::move(fault));
    std::string text(longest_rule_file + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return wrong(system_words(errno));
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > longest_rule_file) return wrong("is longer than 1 MiB");
    text.resize(size);
    return text;
}

void read_folder(const RuleFolder& from, FoundRuleFiles& found) {
    const auto complain = [&](const fs::path& place, const std::string& why) {
        found.complaints.push_back(shown(place) + ": " + why);
    };
    if (from.path.empty()) return;
    auto opened = open_folder(from.path, from.owner);
    if (!opened) return complain(from.path, "cannot be read: " + opened.error());
    if (!opened->folder) return;
    const int reading = opened->folder.get();
    struct stat facts {};
    const int listed = ::fcntl(reading, F_DUPFD_CLOEXEC, 0);  // the DIR closes it
    const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(listed));
    if (folder == nullptr && listed >= 0) ::close(listed);
    if (folder == nullptr || ::fstat(reading, &facts) != 0) return complain(from.path, "cannot be read");
    std::string fault = fault_of(facts, from);
    if (fault.empty() && from.origin == RuleOrigin::organisation) fault = opened->fault_on_way;
    if (!fault.empty()) return complain(from.path, fault + "; its rules are not used");
    auto [names, mistyped] = names_in(*folder);
    for (const auto& name : mistyped)
        complain(from.path / name, "the name of a rule file ends with .json; the file is not used");
    if (names.size() > most_rule_files) {
        complain(from.path, "holds more than " + std::to_string(most_rule_files) + " files; those from " +
                                escape_server_words(names[most_rule_files]) + " on are not used");
        names.resize(most_rule_files);
    }
    for (const auto& name : names) {
        const auto path = from.path / name;
        auto text = read_rule_file(reading, name, from);
        if (text) {
            found.files.push_back({path.string(), std::move(*text), from.origin});
        } else {
            complain(path, text.error() + "; the file is not used");
        }
    }
}

/// $XDG_CONFIG_HOME, or ~/.config (XDG base directory specification: a relative path does not count).
/// Symbolic links on the way there (/home on another disk) are the user's and the administrator's choice.
fs::path config_home() {
    fs::path place;
    if (const char* const config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config == '/') {
        place = config;
    } else {
        const auto home = home_folder();
        if (home.empty()) return {};
        place = home / ".config";
    }
    std::error_code error;
    auto real = fs::weakly_canonical(place, error);
    return error ? place : real;
}

}  // namespace

std::vector<RuleFolder> rule_folders() {
    std::vector<RuleFolder> folders{{"/etc/reprompt/rules.d", 0, RuleOrigin::organisation}};
    if (const auto config = config_home(); !config.empty())
        folders.push_back({config / "reprompt/rules.d", ::geteuid(), RuleOrigin::user});
    return folders;
}

FoundRuleFiles read_rule_folders(const std::vector<RuleFolder>& folders) {
    FoundRuleFiles found;
    for (const auto& folder : folders)
        read_folder(folder, found);
    return found;
}

namespace {

RulesInUse load_found_rules(FoundRuleFiles found, std::string_view policy) {
    if (!policy.empty()) {
        const auto users = std::find_if(found.files.begin(), found.files.end(),
                                        [](const auto& file) { return file.origin == RuleOrigin::user; });
        found.files.insert(users, {"managed storage", std::string(policy), RuleOrigin::policy});
    }
    RulesInUse out;
    out.files = found.files.size();
    out.complaints = std::move(found.complaints);
    std::vector<std::string> broken;
    out.book = RuleBook::with_folders(found.files, broken);
    out.files -= broken.size();
    for (auto& line : broken)
        out.complaints.push_back(line + "; the file is not used");
    return out;
}

const FoundRuleFiles& found_rule_files() {
    static const FoundRuleFiles& found = *new FoundRuleFiles(read_rule_folders(rule_folders()));
    return found;
}

}  // namespace

RulesInUse load_rules_in_use(const std::vector<RuleFolder>& folders, std::string_view policy) {
    return load_found_rules(read_rule_folders(folders), policy);
}

std::vector<std::string> undecided_samples(const RuleBook& book) {
    std::vector<std::string> out;
    for (const auto& [rule, line, place] : book.outside_samples()) {
        const auto answer =
            nlohmann::json::parse(std::string_view(explain_line(line, book, false)), nullptr, false);
        if (answer.value("rule", "") == rule) continue;
        const auto instead = answer.contains("error") ? "cannot be read: " + answer.value("error", "")
                                                      : "is decided by " + answer.value("rule", "");
        out.push_back(std::string(place)
                          .append(": the sample of the rule ")
                          .append(escape_server_words(rule, 100))
                          .append(" ")
                          .append(instead));
    }
    return out;
}

const RulesInUse& rules_in_use() {
    // Never destroyed: the program is over then, and taking 20,000 strings apart would take a millisecond.
    static const RulesInUse& rules = *new RulesInUse(load_found_rules(found_rule_files(), {}));
    return rules;
}

const std::vector<std::string>& rule_complaints() {
    const auto& found = found_rule_files();
    return found.files.empty() ? found.complaints : rules_in_use().complaints;
}

const RuleBook& rules_for_people(std::ostream& err) {
    const auto& rules = rules_in_use();
    for (const auto& line : rules.complaints)
        err << "reprompt: " << line << "\n";
    return rules.book;
}

}  // namespace reprompt::app
