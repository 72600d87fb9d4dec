// SPDX-License-Identifier: MIT
#include "patching/analysis/peak_memory.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

using phiscope::analyze::patching::peak_memory;
using phiscope::test::write_text;

TEST_CASE("the peak is the largest of all tasks and shards", "[peak_memory]") {
  const phiscope::test::TempDir dir;
  CHECK_FALSE(peak_memory(dir.path()));
  write_text(dir.path() / "extract-0-of-2.log",
             "{\"event\": \"start\"}\n"
             "{\"event\": \"shard\", \"peak_memory_bytes\": 3e9, "
             "\"peak_device_memory_bytes\": 7e9}\n"
             "{\"event\": \"shard\", \"peak_memory_bytes\": 2e9, "
             "\"peak_device_memory_bytes\": 8000000000}\n"
             "{\"event\": \"sha");
  write_text(dir.path() / "extract-1-of-2.log",
             "[1]\n{\"event\": \"shard\", \"peak_memory_bytes\": 2500000000}\n"
             "{\"event\": \"done\", \"peak_memory_bytes\": \"much\"}\n");
  write_text(dir.path() / "notes.txt", "{\"peak_memory_bytes\": 9e9}\n");
  const auto found = peak_memory(dir.path());
  REQUIRE(found);
  CHECK(found->bytes == 3e9);
  CHECK(found->device_bytes == 8e9);
  CHECK(found->lines == 3);
}
