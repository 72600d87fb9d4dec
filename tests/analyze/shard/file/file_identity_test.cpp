// SPDX-License-Identifier: MIT
#include "shard/file/file_identity.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/mapped_file.hpp"
#include "temp_dir.hpp"

using phiscope::shard::differences;
using phiscope::shard::FileIdentity;
using phiscope::shard::identity_of;
using phiscope::shard::MappedFile;
using phiscope::test::TempDir;
using phiscope::test::write_text;

TEST_CASE("a file is the same until it is written to or replaced", "[file_identity]") {
  const TempDir dir;
  const auto file = dir.path() / "x";
  CHECK_FALSE(identity_of(file));
  CHECK_FALSE(identity_of(file / "below"));
  write_text(file, "abc");
  const FileIdentity first = identity_of(file).value();
  CHECK(first.size == 3);
  CHECK(identity_of(file) == first);
  CHECK(MappedFile(file).identity() == first);
  // The same bytes, size and time under the same name: another file all the same.
  write_text(dir.path() / "y", "abc");
  std::filesystem::last_write_time(dir.path() / "y", std::filesystem::last_write_time(file));
  const MappedFile mapped(file);
  std::filesystem::rename(dir.path() / "y", file);
  const FileIdentity second = identity_of(file).value();
  CHECK(second.modified_ns == first.modified_ns);
  CHECK_FALSE(second == first);
  CHECK_THAT(differences(first, second), Contains("inode"));
  CHECK(mapped.identity() == first);
  MappedFile moved(file);
  moved = MappedFile(file);
  CHECK(moved.identity() == second);
}

TEST_CASE("what differs between two files is named", "[file_identity]") {
  const FileIdentity one{1, 2, 3, 4, 5};
  CHECK(differences(one, one).empty());
  CHECK(differences(one, {9, 2, 3, 4, 5}) == "device");
  CHECK(differences(one, {1, 9, 3, 4, 5}) == "inode");
  CHECK(differences(one, {1, 2, 9, 4, 5}) == "size");
  CHECK(differences(one, {1, 2, 3, 9, 9}) == "modification time, change time");
}
