// SPDX-License-Identifier: MPL-2.0
// The main function of unit_tests: the test cases, or one child body (unit/child.hpp).
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "unit/child.hpp"

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    if (argc == 3 && std::string(argv[1]) == "--child") {
        context.setAsDefaultForAssertsOutOfTestCases();  // a REQUIRE that fails aborts the child
        const auto body = reprompt::test::child_bodies().find(argv[2]);
        if (body == reprompt::test::child_bodies().end()) return 64;
        body->second();
        return 0;
    }
    return context.run();
}
