// SPDX-License-Identifier: MPL-2.0
#include "diagnose/json_place.hpp"

#include <doctest/doctest.h>

using namespace reprompt;

namespace {

std::string at(std::string_view text, std::string_view pointer) {
    return std::string(text.substr(json_offset_of(text, pointer), 4));
}

}  // namespace

TEST_CASE("a JSON pointer leads to its value, or to the last value on the way that exists") {
    constexpr std::string_view text = R"( {"a": [1, {"b\"/~": "x,]}"}, [2]], "c" : {"d":null}} )";
    CHECK(at(text, "") == "{\"a\"");
    CHECK(at(text, "/a/0") == "1, {");
    CHECK(at(text, "/a/1/b\"~1~0") == "\"x,]");
    CHECK(at(text, "/a/2/0") == "2]],");
    CHECK(at(text, "/c/d") == "null");
    CHECK(at(text, "/c/missing/deeper") == "{\"d\"");
    CHECK(at(text, "/a/9") == "[1, ");
    CHECK(at(text, "/nothing") == "{\"a\"");
    CHECK(at("\xEF\xBB\xBF{\"a\":7}   ", "/a") == "7}  ");
}

TEST_CASE("lines and columns count from one, columns in characters") {
    constexpr std::string_view text = "{\n \"\xE3\x83\x91\": x";
    CHECK(json_place_at(text, 0).line == 1);
    CHECK(json_place_at(text, 0).column == 1);
    CHECK(json_place_at(text, text.size() - 1).line == 2);
    CHECK(json_place_at(text, text.size() - 1).column == 7);
    CHECK(json_place_at(text, 99999).line == 2);
}

TEST_CASE("a name that is there twice and deep nesting are faults") {
    CHECK_FALSE(json_fault(R"({"a":{"b":1},"b":[{"a":1},{"a":2}]})"));
    const auto twice = json_fault(R"({"a":{"b":1,"c":2,"\u0062":3}})");
    REQUIRE(twice);
    CHECK(twice->what == "\"b\" is there twice");
    CHECK(twice->offset == 18);
    CHECK_FALSE(json_fault(std::string(32, '[') + std::string(32, ']')));
    const auto deep = json_fault(std::string(33, '[') + std::string(33, ']'));
    REQUIRE(deep);
    CHECK(deep->offset == 32);
}

TEST_CASE("text that is no JSON ends the walk and does no harm") {
    for (const char* text :
         {"", "{", "[", "{\"a", "{\"a\"", "{\"a\":", "[1,,2", "\"", "{]", "[}", "{1:2}", "\\"}) {
        INFO(text);
        (void)json_fault(text);
        CHECK(json_offset_of(text, "/a/0") <= std::string_view(text).size());
    }
}
