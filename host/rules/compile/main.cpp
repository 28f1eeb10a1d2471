// SPDX-License-Identifier: MPL-2.0
// A step of the build: checks the rule files, and writes what they say as a source of the program.
//   compile_rules OUT FILE…   exit status 1 and one line on stderr if a file is wrong
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "diagnose/embedded_rules.hpp"
#include "diagnose/rules_load.hpp"

/// This program has none yet.
std::string_view reprompt::embedded_rules() {
    return {};
}

int main(int argc, char** argv) {
    using namespace reprompt;
    std::vector<std::string> names, texts;
    for (int at = 2; at < argc; ++at) {
        std::ifstream file(argv[at], std::ios::binary);
        names.emplace_back(argv[at]);
        texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::vector<RuleFile> files;
    for (std::size_t at = 0; at < names.size(); ++at)
        files.push_back({names[at], texts[at]});
    const auto compiled = load_and_compile(files);
    if (argc < 3 || !compiled) {
        std::cerr << (argc < 3 ? "usage: compile_rules OUT FILE..." : compiled.error()) << "\n";
        return 1;
    }
    std::ofstream out(argv[1], std::ios::binary);
    out << "// Generated from host/rules/*.json by host/rules/compile.\n#include "
           "\"diagnose/embedded_rules.hpp\"\n\n"
           "static const unsigned char octets[] = {";
    for (const char c : *compiled)
        out << static_cast<unsigned>(static_cast<unsigned char>(c)) << ",";
    out << "};\n\nstd::string_view reprompt::embedded_rules() {\n"
           "    return {reinterpret_cast<const char*>(octets), sizeof octets};\n}\n";
    return out.flush() ? 0 : 1;
}
