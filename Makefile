# make alone builds. The two to learn: make up, make check.

BUILD ?= build
ASAN ?= build-asan

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@meson setup $(BUILD) -Dbuildtype=debugoptimized

$(ASAN)/build.ninja:
	@meson setup $(ASAN) -Dbuildtype=debug -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=true

asan: $(ASAN)/build.ninja
	@ninja -C $(ASAN)

check: all asan
	@meson test -C $(ASAN) --print-errorlogs

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	@rm -rf $(BUILD) $(ASAN)

.PHONY: all asan check format clean
