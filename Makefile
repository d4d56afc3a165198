# Two to learn: `make up` and `make check`. `make` alone builds.

BUILD ?= build
ASAN ?= build-asan
CLANG ?= build-clang
FUZZ ?= build-fuzz
FUZZ_SECONDS ?= 60
# By name: a comma written in a call would end its argument.
SANITIZERS = -Db_sanitize=address,undefined -Db_lundef=false

# folder, what tools/deps calls its packages, environment, options. When meson stops, a missing
# package is said in one sentence; anything else in meson's own words.
configure = { $(3) meson setup $(1) $(4); } >$(1).log 2>&1 && rm -f $(1).log || \
	{ tools/deps why $(2) && cat $(1).log; rm -rf $(1) $(1).log; exit 1; }

all: npm $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

# The bindings of the CDK are made from the packages of npm; a newer lock means other bindings.
npm:
	@cmp -s infra/package-lock.json infra/node_modules/.lock || { tools/deps why up; exit 1; }

# Installs what is missing, builds, starts the lab, leaves the golden path running.
up:
	@tools/deps up
	@$(MAKE) --no-print-directory all
	@$(BUILD)/golden up --detach

down:
	@$(BUILD)/golden down

# Installs what is missing, builds, runs every test.
check:
	@tools/deps check
	@tools/check

bench: all
	@tools/deps bench
	@tests/bench/run $(BUILD)

$(BUILD)/build.ninja:
	@$(call configure,$(BUILD),up,,-Dbuildtype=debugoptimized)

# The everyday build: every test runs on it.
asan: npm $(ASAN)/build.ninja
	@ninja -C $(ASAN) --quiet

$(ASAN)/build.ninja:
	@$(call configure,$(ASAN),check,,-Dbuildtype=debug -Doptimization=1 -Dwerror=true \
		$(SANITIZERS))

# The other compiler's opinion. Built, not run.
clang: npm $(CLANG)/build.ninja
	@ninja -C $(CLANG) --quiet

$(CLANG)/build.ninja:
	@$(call configure,$(CLANG),check,CC=clang,-Dbuildtype=debug -Dwerror=true)

# The app's image, built and tried with docker, podman or buildah. Not part of make check: it takes a minute
# and a registry.
image:
	@tools/image

lint:
	@tools/lint

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

# libFuzzer, FUZZ_SECONDS a harness; what it finds new stays in build-fuzz/corpus.
fuzz: npm $(FUZZ)/build.ninja
	@ninja -C $(FUZZ) --quiet
	@for harness in $(FUZZ)/tests/fuzz/*_fuzz; do \
		name=$$(basename $$harness _fuzz); echo "fuzz: $$name"; \
		mkdir -p $(FUZZ)/corpus/$$name; \
		$$harness -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
			$(FUZZ)/corpus/$$name tests/fuzz/corpus/$$name 2>$(FUZZ)/$$name.log || \
			{ tail -n 40 $(FUZZ)/$$name.log; exit 1; }; \
	done

$(FUZZ)/build.ninja:
	@$(call configure,$(FUZZ),check,CC=clang,-Dfuzz=true -Dbuildtype=debug -Doptimization=1 \
		$(SANITIZERS))

# Proof that any class of the CDK can be bound: all of ten modules, compiled by gcc and clang.
bindings-all: all
	@tools/bindings-all $(BUILD)

# The templates that infra/ says, in $(BUILD)/cdk.out.
synth: all
	@$(BUILD)/golden synth

clean:
	@rm -rf $(BUILD) $(ASAN) $(CLANG) $(FUZZ)

.PHONY: all npm up down check bench image asan clang lint format fuzz synth clean
