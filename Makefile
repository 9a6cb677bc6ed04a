# make help explains the targets.
.DEFAULT_GOAL := help
.PHONY: help build install test test-unit lint fuzz bench demo score screenshots clean

FUZZTIME ?= 60s
BENCHTIME ?= 1s

help: ## this text
	@echo "usage: make TARGET"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "demo, test and score install Debian packages when some are missing: as root, on Debian 12 or newer."

build: ## bin/collector, a static binary
	CGO_ENABLED=0 go build -trimpath -o bin/collector ./cmd/collector

install: ## the servers that the lab runs (Debian packages, and Debian sid in a cache)
	go run ./lab install

# One package at a time: the tests with real servers keep time, and would be each
# other's incident.
test: install lint ## everything, on real servers; skips nothing
	CI=true go test -p 1 -parallel 4 -timeout 20m ./...

test-unit: ## everything that needs no installation; names what it skipped
	go test ./...
	@go run ./lab install --check

lint: ## go vet and golangci-lint, the version of go.mod
	go vet ./...
	go tool golangci-lint run

# Go before 1.27 may call the end of the time a failure, without a failing input (go.dev/issue/75804).
fuzz: ## every fuzz test for FUZZTIME (60s), one to a core (45 minutes on two)
	@for package in $$(go list ./...); do \
		go test -list '^Fuzz' $$package | sed -n "s|^Fuzz.*|$$package &|p"; \
	done | xargs -P $$(nproc) -L 1 sh -c ' \
		if out=$$(go test -run "^$$" -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x -parallel 1 $$0 2>&1) \
			|| { echo "$$out" | grep -qx "    context deadline exceeded" && ! echo "$$out" | grep -q "Failing input written"; }; \
		then echo "ok $$0 $$1: $$(echo "$$out" | grep "^fuzz: elapsed" | tail -1)"; \
		else echo "FAILED $$0 $$1"; echo "$$out"; exit 1; fi'

bench: install ## every benchmark, also on real servers, and what watching costs a saturated one (two hours)
	CI=true go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...
	go test -run '^$$' -bench 'WebhookToDisk/1$$' -benchtime 60000x ./internal/web
	go run ./lab bench

demo: install ## stage an incident on real servers, draft it, show the draft (3 minutes)
	go run ./lab demo

score: install ## stage all incidents on MariaDB and MySQL and score the drafts (20 minutes)
	go run ./lab score

screenshots: install ## take the pictures of docs/screenshots anew
	go test -run Screenshots ./internal/page -screenshots
	go test -run DemoPage ./cmd/collector -screenshots

clean: ## remove what make build and make demo wrote
	rm -rf bin postmortems
