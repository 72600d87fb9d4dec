// SPDX-License-Identifier: MIT
#include "shard/file/sha256.hpp"

#include "catch.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <string_view>

namespace {
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
}  // namespace

TEST_CASE("sha256 gives the digests of FIPS 180-4", "[sha256]") {
  CHECK(phiscope::shard::sha256({}) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(phiscope::shard::sha256(bytes_of("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(phiscope::shard::sha256(
            bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("pieces and files give the digest of the whole", "[sha256]") {
  const std::string text(100001, 'x');
  phiscope::shard::Sha256 hash;
  for (std::size_t at = 0; at < text.size(); at += 77) {
    hash.update(bytes_of(std::string_view(text).substr(at, 77)));
  }
  const std::string whole = phiscope::shard::sha256(bytes_of(text));
  CHECK(hash.hex() == whole);
  const phiscope::test::TempDir dir;
  phiscope::shard::write_file(dir.path() / "x", text);
  CHECK(phiscope::shard::sha256_file(dir.path() / "x") == whole);
  CHECK_THROWS_AS(phiscope::shard::sha256_file(dir.path()), phiscope::shard::FormatError);
}
