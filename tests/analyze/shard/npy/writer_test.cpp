// SPDX-License-Identifier: MIT
#include "shard/npy/writer.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "reference.hpp"
#include "shard/file/sha256.hpp"
#include "shard/npy/npy.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <numeric>

using phiscope::shard::Dtype;
using phiscope::shard::NpyFile;
using phiscope::shard::NpyWriter;
using phiscope::test::read_text;
using Shape = std::vector<std::uint64_t>;

namespace {

std::string golden_content(const std::string& name) {
  return read_text(phiscope::test::golden() / "shard" / (name + ".npy"));
}

template <class T>
std::vector<T> counting(std::size_t count) {
  std::vector<T> values(count);
  std::iota(values.begin(), values.end(), T{0});
  return values;
}

template <class T>
std::string written(const std::vector<T>& values, const Shape& shape) {
  const phiscope::test::TempDir dir;
  phiscope::shard::write_npy<T>(dir.path() / "x.npy", values, shape);
  return read_text(dir.path() / "x.npy");
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("arrays are written in the bytes of numpy.save", "[writer]") {
  CHECK(written(counting<std::int8_t>(6), {2, 3}) == golden_content("c_i1"));
  CHECK(written(counting<std::int16_t>(6), {2, 3}) == golden_content("c_i2"));
  CHECK(written(counting<std::int32_t>(6), {2, 3}) == golden_content("c_i4"));
  CHECK(written(counting<std::int64_t>(6), {2, 3}) == golden_content("c_i8"));
  CHECK(written(counting<std::uint8_t>(6), {2, 3}) == golden_content("c_u1"));
  CHECK(written(counting<std::uint16_t>(6), {2, 3}) == golden_content("c_u2"));
  CHECK(written(counting<std::uint32_t>(6), {2, 3}) == golden_content("c_u4"));
  CHECK(written(counting<std::uint64_t>(6), {2, 3}) == golden_content("c_u8"));
  CHECK(written(counting<float>(6), {2, 3}) == golden_content("c_f4"));
  CHECK(written(counting<double>(6), {2, 3}) == golden_content("c_f8"));
  CHECK(written(std::vector<float>{7}, {}) == golden_content("shape_scalar"));
  CHECK(written(std::vector<float>{}, {0}) == golden_content("shape_0"));
  CHECK(written(counting<float>(1), {1}) == golden_content("shape_1"));
  CHECK(written(counting<float>(12), {12}) == golden_content("shape_12"));
  CHECK(written(std::vector<float>{}, {0, 5}) == golden_content("shape_0x5"));
  CHECK(written(counting<float>(24), {2, 3, 4}) == golden_content("shape_2x3x4"));
  CHECK(written(counting<float>(24), {1, 24}) == golden_content("shape_1x24"));
  Shape long_shape(13, 1);
  long_shape.push_back(100);
  CHECK(written(std::vector<float>(100), long_shape) == golden_content("shape_padding_64"));
}

TEST_CASE("rows written one by one give the same bytes, and their SHA-256", "[writer]") {
  const phiscope::test::TempDir dir;
  const auto file = dir.path() / "x.npy";
  const auto values = counting<float>(24);
  const std::size_t step = GENERATE(1U, 2U);
  NpyWriter writer(file, Dtype::f4, {3, 4});
  for (std::size_t row = 0; row < 2; row += step) {
    writer.append(std::as_bytes(std::span(values).subspan(row * 12, step * 12)));
  }
  CHECK(writer.rows() == 2);
  CHECK_FALSE(std::filesystem::exists(file));
  const std::string digest = writer.commit();
  CHECK(read_text(file) == golden_content("shape_2x3x4"));
  CHECK(digest == phiscope::shard::sha256_file(file));
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("the header keeps its length while the rows grow to more digits", "[writer]") {
  Shape row(12, 1);
  row.push_back(10);
  const phiscope::test::TempDir dir;
  const auto file = dir.path() / "x.npy";
  NpyWriter writer(file, Dtype::f4, row);
  const std::vector<float> zeros(100);
  writer.append(std::as_bytes(std::span(zeros)));
  CHECK_FALSE(writer.commit().empty());
  CHECK(read_text(file) == golden_content("shape_growing"));
  Shape shape = {10};
  shape.insert(shape.end(), row.begin(), row.end());
  CHECK(written(zeros, shape) == golden_content("shape_growing"));
}

TEST_CASE("many rows through the buffer come back as they were", "[writer]") {
  const phiscope::test::TempDir dir;
  const std::size_t rows = GENERATE(0U, 1U, 9U, 10U, 99999U, 100000U);
  const auto values = counting<std::int64_t>(rows * 5);
  NpyWriter writer(dir.path() / "x.npy", Dtype::i8, {5});
  std::size_t done = 0;
  for (std::size_t step = 1; done < rows; step = step * 3 % 20011) {
    const std::size_t take = std::min(step, rows - done);
    writer.append(std::as_bytes(std::span(values).subspan(done * 5, take * 5)));
    done += take;
  }
  const std::string digest = writer.commit();
  const NpyFile array(dir.path() / "x.npy");
  CHECK(array.shape() == Shape{rows, 5});
  CHECK(array.read<std::int64_t>() == values);
  CHECK(digest == phiscope::shard::sha256_file(dir.path() / "x.npy"));
}

TEST_CASE("the digest is that of the file, whatever was foretold and hashed in hand", "[writer]") {
  const phiscope::test::TempDir dir;
  const auto file = dir.path() / "x.npy";
  const std::size_t rows = 60'000;
  const auto values = counting<std::int64_t>(rows * 5);
  const auto all = std::as_bytes(std::span(values));
  const std::optional<std::uint64_t> foretold =
      GENERATE(as<std::optional<std::uint64_t>>{}, std::nullopt, 0, 59'999, 60'000, 60'001);
  // Bytes that are hashed in hand, the rest being read back.
  const std::size_t in_hand = GENERATE(0U, 40U, 1'200'000U, 2'400'000U);
  NpyWriter writer(file, Dtype::i8, {5}, foretold);
  CHECK(writer.digests() == foretold.has_value());
  writer.digest(all.first(in_hand));  // ahead of the other half
  for (std::size_t at = 0; at < all.size(); at += 400'000) writer.write(all.subspan(at, 400'000));
  if (GENERATE(false, true)) writer.complete();
  const std::string digest = writer.commit();
  CHECK(writer.rows() == rows);
  CHECK(digest == phiscope::shard::sha256_file(file));
  CHECK(NpyFile(file).read<std::int64_t>() == values);
}

TEST_CASE("more that is hashed than written is the programmer's error", "[writer]") {
  const phiscope::test::TempDir dir;
  NpyWriter writer(dir.path() / "x.npy", Dtype::f4, {2}, 1);
  const std::vector<float> row(2);
  writer.append(std::as_bytes(std::span(row)));
  writer.digest(std::as_bytes(std::span(row)));
  CHECK_THROWS_AS(writer.complete(), std::logic_error);
}

TEST_CASE("a writer that is given up leaves nothing", "[writer]") {
  const phiscope::test::TempDir dir;
  {
    NpyWriter writer(dir.path() / "x.npy", Dtype::f4, {2});
    CHECK(files_in(dir.path()) == 1);
    const NpyWriter moved = std::move(writer);
    CHECK(moved.rows() == 0);
  }
  CHECK(files_in(dir.path()) == 0);
}

TEST_CASE("broken rows and impossible shapes are the programmer's error", "[writer]") {
  const phiscope::test::TempDir dir;
  NpyWriter writer(dir.path() / "x.npy", Dtype::f4, {2});
  const std::vector<float> odd(3);
  CHECK_THROWS_WITH(writer.append(std::as_bytes(std::span(odd))),
                    Contains("12 bytes, expected a multiple of 8"));
  CHECK_THROWS_AS(NpyWriter(dir.path() / "y.npy", Dtype::f4, {3, 0}), std::invalid_argument);
  CHECK_THROWS_AS(NpyWriter(dir.path() / "y.npy", Dtype::f4, {1ULL << 40U, 1ULL << 40U}),
                  std::invalid_argument);
  CHECK_THROWS_AS(phiscope::shard::write_npy<float>(dir.path() / "y.npy", odd, {4}),
                  std::invalid_argument);
  CHECK_THROWS_AS(NpyWriter(dir.path() / "none" / "y.npy", Dtype::f4, {2}), std::system_error);
}
