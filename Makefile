# A thin front for Meson: the commands a newcomer types.
BUILD ?= build

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD)

run: all
	./quickstart

check:
	./check

sanitize:
	./check --sanitize

install: all
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-asan build-tsan

.PHONY: all run check sanitize install clean
