# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
# The parts of tests/run, one function each. A part writes to stdout, fails by its exit status, and needs no other part but where it says so.
# Belongs here: how a part is run. Does not belong here: counting and reporting (tests/run), test cases.

# Node's test runner with a summary that tests/run counts. A hanging file ends the part after 40 minutes.
tap() { timeout -k 10 2400 node --test --test-reporter=tap "$@"; }

# Sanitizers stop at the first finding and look for leaks too.
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

part_build-dev() {
    cmake --preset dev
    cmake --build build/dev
}

# Needs build-dev. Beside a real keyring of its own.
part_unit() { tests/harness/with_keyring.sh build/dev/unit_tests; }

# clang, so that every line is also read by a second compiler; the fuzz targets are built with it.
part_build-asan() {
    cmake --preset asan
    cmake --build build/asan
}

part_build-tsan() {
    cmake --preset tsan
    cmake --build build/tsan --target unit_tests
}

# Needs build-asan and build-tsan: unit and transcript tests under Address- and UndefinedBehaviorSanitizer and, on the other core, under ThreadSanitizer, with memory
# where it expects it (-R; clang 14 does not know kernels that spread addresses more widely).
part_unit-sanitizers() {
    local status=0 threads
    tests/harness/with_keyring.sh setarch "$(uname -m)" -R build/tsan/unit_tests >build/test-logs/unit-tsan.log 2>&1 &
    threads=$!
    tests/harness/with_keyring.sh build/asan/unit_tests || status=1
    wait "$threads" || status=1
    say "ThreadSanitizer:"
    cat build/test-logs/unit-tsan.log
    return "$status"
}

# Needs build-asan, which knows how each file of host/ is compiled; a folder is read as one file, as there (CMakeLists.txt).
part_tidy() {
    grep -oE '"file": "[^"]*(/host/|/reprompt(_core)?\.dir/Unity/)[^"]*"' build/asan/compile_commands.json | cut -d '"' -f 4 | tr '\n' '\0' |
        xargs -0 -n 1 -P "$(nproc)" bash -c 'source tests/parts.sh; tidy_one "$1"' tidy
}

tidy_one() {
    local words
    if words=$(clang-tidy -p build/asan --quiet "$1" 2>&1); then
        printf 'case passed: %s\n' "${1##*/}"
    else
        printf '%s\ncase failed: %s\n' "$words" "${1##*/}"
        return 1
    fi
}

part_structure() { tap tests/structure/*.test.mjs; }

part_format() {
    local status=0 scripts
    if find host tests \( -name '*.cpp' -o -name '*.hpp' \) -print0 | xargs -0 clang-format --dry-run --Werror; then
        say "case passed: clang-format"
    else
        say "case failed: clang-format" && status=1
    fi
    mapfile -t scripts < <(grep -rlE '^#!/(usr/bin/env bash|bin/(ba)?sh)|^# shellcheck shell=' packaging tests .ci --exclude-dir=node_modules)
    if shellcheck "${scripts[@]}"; then
        say "case passed: shellcheck of ${#scripts[@]} scripts"
    else
        say "case failed: shellcheck" && status=1
    fi
    return "$status"
}

part_extension_quick() {
    cd extension || return
    npm ci --no-audit --no-fund
    tap test/*.test.mjs
}

part_extension() {
    cd extension || return
    npm ci --no-audit --no-fund
    local status=0 check
    for check in lint format:check types; do
        if npm run --silent "$check"; then say "case passed: $check"; else say "case failed: $check" && status=1; fi
    done
    if node_modules/.bin/prettier --config .prettierrc.json --ignore-path /dev/null --check '../tests/**/*.mjs' '../packaging/*.mjs'; then
        say "case passed: format of tests and packaging"
    else
        say "case failed: format of tests and packaging" && status=1
    fi
    tap test/*.test.mjs || status=1
    cd ../tests/lint || return # Mozilla's linter for add-ons, 86 MB that nothing else needs: about 25 s in all
    npm ci --no-audit --no-fund
    tap ./*.test.mjs || status=1
    return "$status"
}

# One file after the other: they share build/package. package_life needs root and an overlay file system, and brings itself in (sudo).
part_package() {
    need_packages package
    packaging/build
    tap --test-concurrency=1 tests/packaging/*.test.mjs
}

# Needs package. Postfix's master works as root only.
part_servers() { root_session tap tests/servers/*.test.mjs; }

# Needs package. The tests make a keyring and a display for each Thunderbird themselves.
part_thunderbird() { as_root env "PATH=$PATH" bash -c 'source tests/parts.sh; tap --test-concurrency=2 tests/e2e/*.test.mjs'; }

# Runs a function or command of this file as root, under a session bus with an unlocked keyring of its own.
root_session() {
    local name=$1
    shift
    as_root env "PATH=$PATH" tests/harness/with_keyring.sh bash -c "source tests/parts.sh; $name \"\$@\"" "$name" "$@"
}

# Needs build-asan. Every target for 10 seconds; tests/fuzz/RESULTS.md says what ten minutes gave.
part_fuzz() { tests/fuzz/run 10; }
