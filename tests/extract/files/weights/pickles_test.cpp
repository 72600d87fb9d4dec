// SPDX-License-Identifier: MIT
#include "files/weights/pickles.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "files/model/config.hpp"
#include "temp_dir.hpp"

using namespace phiscope::extract;
using phiscope::test::TempDir;
using phiscope::test::write_bytes;

TEST_CASE("a pickle is told by its suffix, or by how it begins", "[pickles]") {
  CHECK(begins_as_pickle(std::string("PK\x03\x04") + "rest"));
  CHECK(begins_as_pickle("\x80\x02}q"));
  CHECK_FALSE(begins_as_pickle("PK"));
  CHECK_FALSE(begins_as_pickle(""));
  CHECK_FALSE(begins_as_pickle("{}"));
  const TempDir dir;
  CHECK_FALSE(find_pickle(dir.path()));
  CHECK_FALSE(find_pickle(dir.path() / "none"));
  write_bytes(dir.path() / "LICENSE", "text");
  write_bytes(dir.path() / "archive.zip", "PK\x03\x04");
  write_bytes(dir.path() / "model.safetensors", "\x80\x02");
  std::filesystem::create_directory(dir.path() / "a.bin");
  CHECK_FALSE(find_pickle(dir.path()));
  write_bytes(dir.path() / "prj.pt", "");
  CHECK(find_pickle(dir.path()) == dir.path() / "prj.pt");
  write_bytes(dir.path() / "checkpoint_5", "\x80\x04");
  CHECK(find_pickle(dir.path()) == dir.path() / "checkpoint_5");
}

TEST_CASE("a directory with a pickle and no configuration names the converter", "[pickles]") {
  const TempDir dir;
  const auto said = [&] {
    return phiscope::test::refusal([&] { static_cast<void>(read_config(dir.path())); });
  };
  CHECK_THAT(said(), Contains("config.json: no such file"));
  write_bytes(dir.path() / "checkpoint_5", "PK\x03\x04");
  CHECK_THAT(said(), Contains("checkpoint_5: weights as a pickle") &&
                         Contains("tools/convert_checkpoint.py CKPT --base BASE_DIR --out DIR"));
}
