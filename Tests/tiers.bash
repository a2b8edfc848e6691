# The tests of `./storelab test`, which reads this file. Tests/README.md describes the tiers.
#
# Needs from the bootstrap: home, say, fail, find_swift, install_missing, swift_build and the lists of packages.

# Makes the certificates of the tests.
test_packages="openssl curl"
# Machines that SSH reaches are made of networks of this one.
host_packages="openssh-client dropbear-bin iproute2"
# The pages are tested in it. Where it is packaged otherwise, those tests are skipped.
browser_packages="chromium chromium-driver"

run_tests() {
    local tier=test
    case ${1:-} in
        --fast | --full) tier=${1#--}; shift ;;
        -h | --help) test_usage; return ;;
    esac
    local status=0 began
    find_swift
    install_missing "the tests" $build_packages $test_packages
    [ "$tier" = fast ] || { install_missing "the tests" $stack_packages; install_schemathesis; install_browser; install_axe; install_hdrhistogram; }
    [ "$tier" != full ] || install_missing "the tests" $host_packages
    say "checking the format …"
    swift format lint --strict --recursive --parallel "$home/Package.swift" "$home/Sources" "$home/Tests" \
        || fail "the format differs; repair it with: swift format format -i -r Package.swift Sources Tests"
    ! grep -rnE '^@Suite( |\(\.)' "$home/Tests" --include='*.swift' | grep -v '\.timed' \
        || fail "these suites would not be among the slowest tests; give them the trait .timed"
    swift_build --build-tests

    began=$(date +%s)
    STORELAB_TEST_TIMES=$(mktemp)
    export STORELAB_TEST_TIMES STORELAB_TEST_TIER=$tier
    [ -t 1 ] || export NO_COLOR=1
    # Tests with servers of their own would be each other's busy machine if there were more of them. Where `taskset` leaves one
    # processor, nproc knows it.
    local width=$((2 * $(nproc) + 1))
    [ "$tier" != fast ] || width=$((width + 1))
    export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$((width < 12 ? width : 12))
    # Also where the tests are broken off.
    trap 'stop_test_engine; rm -f "$STORELAB_TEST_TIMES"' EXIT
    if [ $# -gt 0 ]; then
        [ "$tier" = fast ] || start_test_engine
        swift test --package-path "$home" -c release --skip-build "$@" || status=$?
    elif [ "$tier" = fast ]; then
        part --skip '^IntegrationTests\.' || status=$?
    else
        # The engine's images are made while tests run that need none.
        prepare_test_engine
        part --skip '^(IntegrationTests|StoreBackendsTests)\.' || status=$?
        start_test_engine
        part --filter '^(IntegrationTests|StoreBackendsTests)\.' || status=$?
    fi
    slowest_tests
    say "tier $tier: $(($(date +%s) - began)) s after the build"
    return $status
}

test_usage() {
    cat <<TXT
./storelab test [--fast | --full] [options of swift test]

  (none)    all that a change needs: unit tests, servers, one of each stack; five to seven minutes after the build
  --fast    no server, no container, no image: a minute
  --full    the long ones too: crashes, 50,000 users, each bottleneck on each stack

Options go to swift test, for example: ./storelab test --filter LimitSearchTests
TXT
}

# part OPTION…: one run of the tests that were built. `swift test` would plan the build anew first: 3 s of CPU each time.
part() { "$home/.build/release/storelabPackageTests.xctest" --testing-library swift-testing "$@"; }

# Reads all that sort writes: `head` would end it with SIGPIPE, and the bootstrap with it.
slowest_tests() {
    say "the slowest tests, in seconds, of a test with several cases all of them:"
    awk '{ spent[$2 " " $3] += $1 } END { for (name in spent) printf "  %7.1f  %s\n", spent[name], name }' \
        "$STORELAB_TEST_TIMES" | sort -rn | awk 'NR <= 10' >&2
}

# Schemathesis makes requests from the API's description. Without it that test is skipped, and the tests say so.
install_schemathesis() { install_from_pypi schemathesis bin/schemathesis "the tests of the store's API" 'schemathesis==4.32.5'; }

# Axe-core, which checks pages for people who see or move otherwise, lies in this package; what the package needs is not needed.
install_axe() { install_from_pypi axe installed "the tests of the pages" --no-deps 'axe-playwright-python==0.1.8'; }

# install_from_pypi NAME MARK "tests" PACKAGE…: into .build/NAME, once; MARK is there when it was.
install_from_pypi() {
    local name=$1 folder=$home/.build/$1 mark=$2 tests=$3
    shift 3
    [ ! -e "$folder/$mark" ] || return 0
    say "installing $name from PyPI, for $tests …"
    python3 -c 'import ensurepip' 2>/dev/null || install_missing "$name" python3-venv
    { python3 -m venv "$folder" && "$folder/bin/pip" install -q --disable-pip-version-check "$@" && touch "$folder/$mark"; } >&2 \
        || { rm -rf "$folder"; say "$name could not be installed; its test is skipped"; }
}

# The merged latencies of agents are held against its histograms. Without it that test is skipped.
install_hdrhistogram() { install_from_pypi hdrhistogram installed "the tests of agents" 'hdrhistogram==0.10.3'; }

install_browser() {
    command -v apt-cache >/dev/null 2>&1 && apt-cache show $browser_packages >/dev/null 2>&1 || return 0
    install_missing "the tests" $browser_packages
}

# Tests on containers have a Docker Engine of their own, where it can be installed; else they say why they are skipped.
# Its images stay in .build/, so that only the first run makes them.
prepare_test_engine() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        export STORELAB_TEST_NO_ENGINE="only root on Debian or Ubuntu can install an engine for the tests"
        return
    fi
    engine=$(mktemp -d /tmp/storelab-engine.XXXX)
    say "starting a Docker Engine for the tests …"
    # In the background; `start_test_engine` waits for it and reads the variables that it prints.
    "$home/Tests/Engine/engine" up "$engine" "$home/.build/test-engine" >"$engine/variables" 2>"$engine/up.log" </dev/null &
    engine_start=$!
}

start_test_engine() {
    [ -n "${engine:-}" ] || [ -n "${STORELAB_TEST_NO_ENGINE:-}" ] || prepare_test_engine
    [ -n "${engine:-}" ] || return 0
    if wait "$engine_start"; then
        eval "$(sed 's/ DOCKER_/ STORELAB_TEST_DOCKER_/g' "$engine/variables")"
        return
    fi
    export STORELAB_TEST_NO_ENGINE="no engine could be started: $(tail -n 1 "$engine/up.log")"
    say "$STORELAB_TEST_NO_ENGINE"
    stop_test_engine
}

stop_test_engine() {
    [ -n "${engine:-}" ] || return 0
    # It may still be making images.
    kill "$engine_start" 2>/dev/null && wait "$engine_start" 2>/dev/null || true
    "$home/Tests/Engine/engine" down "$engine"
    engine=
}
