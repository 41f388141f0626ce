# What a person needs of this repository, one word each. `make test` and `make demo` do all their own set-up.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# Debian's packages: the C library, the tools that make apt repositories, and the judges of the tests.
PACKAGES := libgit2-dev libyaml-dev zlib1g-dev pkg-config git openssh-client openssh-server gitolite3 apt-utils dpkg-dev dpkg-repack curl \
            libcurl4-openssl-dev nginx-light fcgiwrap tinyproxy-bin openssl \
            python3 procps tzdata gpg gpg-agent gpgv

CONFIGURATION ?= debug
BUILD := swift build --configuration $(CONFIGURATION)
ifeq ($(CONFIGURATION),release)
BUILD += --static-swift-stdlib
endif
SOURCES := Package.swift Sources Tests

.PHONY: build deps test lint format demo template bench bench-fleet bench-packages bench-trust real-debian simulate kill-matrix race cuts fuzz install clean

build: deps ## Build both programs (CONFIGURATION=release for those that are installed)
	$(BUILD)

deps: ## Install Debian's packages that are missing
	@missing=$$(for package in $(PACKAGES); do \
	    dpkg-query --show --showformat='$${db:Status-Abbrev}' $$package 2>/dev/null | grep -q '^ii' || echo $$package; \
	done); \
	if [ -n "$$missing" ] && [ "$$(id --user)" != 0 ]; then \
	    echo "these packages are missing; install them as root, or run 'make deps' as root:" $$missing >&2; exit 1; \
	fi; \
	if [ -n "$$missing" ]; then \
	    apt-get update --quiet; \
	    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
	        --option DPkg::Lock::Timeout=300 $$missing; \
	fi

test: deps lint ## Build everything and run all tests
	swift build --build-tests
	swift test --skip-build

lint: ## Check the form of the sources
	swift format lint --strict --parallel --recursive $(SOURCES)

format: ## Bring the sources into form
	swift format --in-place --parallel --recursive $(SOURCES)

demo: build ## Show a whole fleet at work on this machine
	@"$$($(BUILD) --show-bin-path)/plimsoll" demo

template: ## Put fleet-repo-template/ into the program again, after a change
	Scripts/embed-template.sh > Sources/plimsoll/Template/TemplateFiles.swift

bench: deps ## Measure what the README claims, and print figures and ratios
	swift build --configuration release --static-swift-stdlib
	Benchmarks/measure.py "$$(swift build --configuration release --static-swift-stdlib --show-bin-path)"

bench-fleet: deps ## Measure how status, rollout, why and a gate grow with 1,000, 3,000 and 10,000 nodes
	swift build --configuration release --static-swift-stdlib
	Benchmarks/fleet.py "$$(swift build --configuration release --static-swift-stdlib --show-bin-path)"

bench-packages: deps ## Measure an upgrade of 1, 10 and 100 packages beside bare apt-get
	swift build --configuration release --static-swift-stdlib
	Benchmarks/packages.py "$$(swift build --configuration release --static-swift-stdlib --show-bin-path)"

bench-trust: deps ## Measure the authentication of 10,000 commits, of one, and of OpenPGP's, beside git
	swift build --configuration release --static-swift-stdlib
	Benchmarks/trust.py "$$(swift build --configuration release --static-swift-stdlib --show-bin-path)"

MIRROR ?= http://deb.debian.org
real-debian: PACKAGES += debootstrap
real-debian: deps ## Take real Debian machines to security updates and back (as root; needs the network)
	swift build --configuration release --static-swift-stdlib --product plimsoll-agent
	Scripts/real-debian.py "$$(swift build --configuration release --static-swift-stdlib --show-bin-path)" $(MIRROR)

SEEDS ?= 1000
simulate: deps ## Simulate fleets with every fault, from SEEDS seeds, and check that nothing breaks
	swift build --configuration release --static-swift-stdlib --product plimsoll-simulator
	"$$(swift build --configuration release --static-swift-stdlib --show-bin-path)/plimsoll-simulator" --seeds $(SEEDS)

TRIES ?= whole
ROWS ?=
kill-matrix: deps ## Kill the agent, and let writes fail, at every step (TRIES of each row; those named ROWS)
	swift build --build-tests
	PLIMSOLL_KILL_MATRIX=$(TRIES) PLIMSOLL_KILL_ROWS="$(ROWS)" swift test --skip-build --filter KillMatrixTests

AGENTS ?= 50
race: deps ## Let AGENTS processes of one site race for a budget of two, and kill some
	swift build --build-tests
	PLIMSOLL_RACE_AGENTS=$(AGENTS) swift test --skip-build --filter BudgetRaceTests

BYTES ?= 1
cuts: deps ## Cut a clone and a push at every byte (or every BYTES), over git, ssh and http
	swift build --build-tests
	PLIMSOLL_CUTS=$(BYTES) swift test --skip-build --filter CutTransferTests

SECONDS ?= 60
TARGET ?=
FUZZER := swift build --configuration release --scratch-path .build/fuzz --product plimsoll-fuzzer \
          --sanitize address -Xswiftc -sanitize=fuzzer -Xswiftc -enable-testing
fuzz: deps ## Fuzz each parser of foreign bytes for SECONDS (or one TARGET), and add to its corpus
	PLIMSOLL_FUZZER=1 $(FUZZER)
	Scripts/fuzz.py "$$(PLIMSOLL_FUZZER=1 $(FUZZER) --show-bin-path)/plimsoll-fuzzer" Tests/FuzzTests/Corpus \
	    $(SECONDS) $(TARGET)

DESTDIR ?=
PREFIX ?= /usr/local
install: ## Install both programs below PREFIX
	$(MAKE) build CONFIGURATION=release
	bin=$$(swift build --configuration release --static-swift-stdlib --show-bin-path); \
	install -D -s -t "$(DESTDIR)$(PREFIX)/bin" "$$bin/plimsoll"; \
	install -D -s -t "$(DESTDIR)$(PREFIX)/sbin" "$$bin/plimsoll-agent"

clean: ## Remove what was built
	rm -rf .build
