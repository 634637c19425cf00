# Verbs of the project. Every one of them sets up what it needs first, and does so only once.
#
#   make demo          build, and run the web crawler under `ironthread run`
#   make test          build, and run all tests: Rust, Python, CPython's own
#   make build         the package, release mode, in $(VENV)
#   make check         formats, lints, types, docs
#   make check-abi     the binding compiles for every build of CPython, those not here included
#   make wheels        wheels and sdist, each installed in a new environment and used there
#   make deny          licences, sources, duplicates and advisories of the crates
#   make crate         a dry run of publishing the crate; without crates.io, packs and compiles it
#   make release-check all of these, and make check
#   make matrix        the Python tests and CPython's own on every interpreter of this machine
#   make conformance   CPython's own tests, and those of what leans on threads, on every interpreter
#                      of this machine; writes docs/conformance.md
#   make stress        the long runs: lost wake-ups, exits, forks, and whatever else strikes in the middle of everything;
#                      and thousands of sequences of steps on our classes and on the standard library's
#   make soak          ten minutes ($(SOAK_SECONDS)) of everything at once, watched: every figure exact, nothing grows
#   make soak-programs the same of programs: crawler, pipeline and chat; every page, line and message accounted for
#   make fuzz          random input for all that reads what others wrote, a minute ($(FUZZ_SECONDS)) each; libFuzzer needs a nightly Rust
#   make loom          model checking of the door and of the lock-free fast paths
#   make properties    random histories of the engine, thousands ($(PROPTEST_CASES)) of each, against sequential models
#   make mutants       the engine's waiting and waking changed, a spot at a time: does a test notice, or a model?
#   make asan          the engine and the binding under AddressSanitizer; needs a nightly Rust
#   make tsan          the same under ThreadSanitizer; needs the source of Rust's library, and clang
#   make miri          the engine under Miri, several seeds; needs a nightly Rust with miri
#   make bench         every operation against the standard library and other packages, as ratios; whole
#                      programs, start-up, how costs grow, what watching costs
#   make bench-rust    the engine against the crates that do the same; QUICK=1: does it run?
#   make bench-instructions   instructions of the most-called operations, against those noted
#   make docs          the site, in build/docs, with the Rust documentation in it; warnings are errors
#   make clean         removes what was built
#
# PYTHON is the interpreter to build for (3.11 or later), VENV its virtual environment.

PYTHON ?= python3
VENV   ?= .venv
# What `make test` and `make matrix` run of CPython's tests.
CONFORMANCE ?= --group core
SOAK_SECONDS ?= 600
FUZZ_SECONDS ?= 60
PROPTEST_CASES ?= 10000

BIN    := $(VENV)/bin
STAMPS := $(VENV)/.ironthread
RESULTS := build/conformance
RUST   := $(shell find crates -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock

export RUST_BACKTRACE = 1
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.PHONY: demo build test test-rust test-python check check-rust check-python check-docs matrix \
        conformance conformance-one stress soak soak-programs fuzz loom properties mutants asan tsan \
        miri bench bench-rust bench-instructions check-abi \
        wheels crate deny release-check docs clean

$(STAMPS)/tools: pyproject.toml scripts/setup_environment.py
	$(PYTHON) scripts/setup_environment.py $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/built: $(STAMPS)/tools $(RUST)
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --quiet
	@touch $@

build: $(STAMPS)/built

demo: build
	$(BIN)/ironthread run examples/web_crawler.py

test: test-rust test-python conformance-one

# nextest kills what hangs, and gives each test a process of its own; without it the whole run has a limit, and they come one
# at a time: they count waits and threads of the whole process.
test-rust:
	if cargo nextest --version >/dev/null 2>&1; then \
	    cargo nextest run -p ironthread --features serve && \
	    cargo nextest run -p ironthread --features portable-parker; \
	else \
	    timeout 900 cargo test -p ironthread --lib --tests --features serve -- --test-threads=1 && \
	    timeout 900 cargo test -p ironthread --lib --tests --features portable-parker -- --test-threads=1; \
	fi
	timeout 900 cargo test -p ironthread --doc

test-python: build
	$(BIN)/python -m pytest || { $(BIN)/python tests/hang_watch.py; exit 1; }

# Exit status 3: this interpreter came without CPython's tests.
conformance-one: build
	$(BIN)/python tests/conformance/run.py $(CONFORMANCE) || [ $$? -eq 3 ]

# $(1): goals, $(2): variables for them. What fails on one interpreter does not keep the others from their turn.
define on_every_interpreter
$(PYTHON) scripts/interpreters.py | { failed=0; while read -r python; do \
    tag=$$("$$python" -c 'import sys, sysconfig; print("%d.%d%s" % (*sys.version_info[:2], "t" * bool(sysconfig.get_config_var("Py_GIL_DISABLED"))))'); \
    echo "== Python $$tag: $(1)"; \
    $(MAKE) $(1) PYTHON="$$python" VENV=build/venv-$$tag $(2) </dev/null || failed=1; \
done; exit $$failed; }
endef

matrix:
	$(call on_every_interpreter,test-python conformance-one)

conformance:
	rm -rf $(RESULTS)
	$(call on_every_interpreter,conformance-one,CONFORMANCE="--results $(RESULTS)"); failed=$$?; \
	$(PYTHON) tests/conformance/run.py --results $(RESULTS) --table docs/conformance.md; exit $$failed

# The tests that have a long form (the fixture `long`).
stress: build
	$(BIN)/python -m pytest --long tests/stress tests/torture tests/properties \
	    $$(grep -l 'long: bool' tests/test_*.py)

soak: build
	$(BIN)/python tests/soak/long_run.py --seconds $(SOAK_SECONDS)

soak-programs: build
	$(BIN)/python tests/soak/long_run.py --programs --seconds $(SOAK_SECONDS)

# libFuzzer on what the engine reads, and the tests of tests/fuzz at length, each so many seconds. Another seed every time.
fuzz: build build/cargo-fuzz/bin/cargo-fuzz
	$(BIN)/python scripts/fuzz.py --seconds $(FUZZ_SECONDS)
	$(BIN)/python -m pytest tests/fuzz -p no:cacheprovider --fuzz-seconds $(FUZZ_SECONDS) --fuzz-seed $$(date +%s)

# Without a nightly Rust there is none: scripts/fuzz.py says so.
build/cargo-fuzz/bin/cargo-fuzz:
	! cargo +nightly --version >/dev/null 2>&1 || cargo +nightly install cargo-fuzz --locked --root build/cargo-fuzz

# Models are small; a profile of their own and a bound on preemptions keep them to minutes.
loom:
	RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 CARGO_TARGET_DIR=target/loom \
	    timeout 3000 cargo test -p ironthread --profile models --test loom -- --test-threads=2

properties:
	PROPTEST_CASES=$(PROPTEST_CASES) timeout 3000 cargo test -p ironthread --test properties

# FILE=crates/core/src/sync/lock.rs: of one file (`--file` would add it to those of .cargo/mutants.toml).
mutants: build/cargo-mutants/bin/cargo-mutants
	$(PYTHON) scripts/mutants.py build/cargo-mutants/bin/cargo-mutants $(FILE)

build/cargo-mutants/bin/cargo-mutants:
	cargo install --locked --root build/cargo-mutants cargo-mutants

asan: build
	scripts/sanitize.sh address
	scripts/sanitize_binding.sh address $(BIN)/python

tsan: build
	scripts/sanitize.sh thread
	scripts/sanitize_binding.sh thread $(BIN)/python

miri:
	scripts/miri.sh

bench: build
	$(BIN)/pip install --quiet --disable-pip-version-check --group bench \
	    || echo "bench: other packages cannot be installed; what is there is measured"
	mkdir -p build/bench
	$(BIN)/python benchmarks/run.py --json build/bench/run.json
	$(BIN)/python benchmarks/against_peers.py --json build/bench/against_peers.json
	$(BIN)/python benchmarks/whole_programs.py --json build/bench/whole_programs.json
	$(BIN)/python benchmarks/startup.py --json build/bench/startup.json
	$(BIN)/python benchmarks/growth.py --json build/bench/growth.json
	$(BIN)/python benchmarks/watching.py --json build/bench/watching.json

bench-rust: $(STAMPS)/tools
	$(BIN)/python benchmarks/rust.py $(if $(QUICK),--quick)

bench-instructions: build
	$(BIN)/python benchmarks/instructions.py

check: check-rust check-python check-docs

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTFLAGS="--cfg fuzzing -D warnings" CARGO_TARGET_DIR=target/fuzz cargo check --manifest-path fuzz/Cargo.toml --locked
	RUSTDOCFLAGS="-D warnings" cargo doc -p ironthread --features serve --no-deps --quiet

check-python: build
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest ironthread._core --allowlist tests/typing/stubtest_allowlist.txt
	$(BIN)/pyright --pythonpath $(BIN)/python
	cd $(STAMPS) && PYTHONPATH=$(abspath python) $(abspath $(BIN))/pyright --verifytypes ironthread --ignoreexternal

# Compiles, with clippy, for builds of CPython that are not here; nothing is linked or run.
check-abi: $(STAMPS)/tools
	$(BIN)/python scripts/check_abi.py

# What is published, as its users get it: WHOLE=1 runs all Python tests on each interpreter.
wheels: $(STAMPS)/tools
	$(BIN)/pip install --quiet --disable-pip-version-check --group release
	$(BIN)/python scripts/release/build.py $(if $(WHOLE),--whole)

crate:
	$(PYTHON) scripts/release/crate.py

deny:
	$(PYTHON) scripts/deny.py

# All that comes before a release but the tests.
release-check: check check-abi deny wheels crate

$(STAMPS)/docs-tools: $(STAMPS)/tools
	$(BIN)/pip install --quiet --disable-pip-version-check --group docs
	@touch $@

# -E, -a: what Sphinx remembers of a page it does not warn of a second time.
check-docs: build $(STAMPS)/docs-tools
	$(BIN)/python -m sphinx -E -a -W -n --keep-going -q -d build/doctrees docs build/docs

# Sphinx leaves out what it has not made: the Rust documentation comes after it.
docs: check-docs
	RUSTDOCFLAGS="-D warnings" cargo doc -p ironthread --features serve --no-deps --quiet
	rm -rf build/docs/rust && cp -r target/doc build/docs/rust

clean:
	cargo clean
	rm -rf build $(VENV)
