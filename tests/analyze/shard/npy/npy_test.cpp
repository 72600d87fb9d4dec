// SPDX-License-Identifier: MIT
#include "shard/npy/npy.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "shard/npy/describe.hpp"
#include "shard/npy/writer.hpp"
#include "shard/text/json_file.hpp"
#include "temp_dir.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <numeric>
#include <random>

using phiscope::shard::Dtype;
using phiscope::shard::FormatError;
using phiscope::shard::NpyFile;
using phiscope::test::read_text;
using Shape = std::vector<std::uint64_t>;

namespace {

std::filesystem::path golden(const std::string& name) {
  return phiscope::test::golden() / "shard" / (name + ".npy");
}

std::filesystem::path put(const phiscope::test::TempDir& dir, const std::string& bytes) {
  // Without this, file systems flush the replaced file to the disk: milliseconds each.
  std::filesystem::remove(dir.path() / "x.npy");
  std::ofstream(dir.path() / "x.npy", std::ios::binary | std::ios::trunc) << bytes;
  return dir.path() / "x.npy";
}

/// A file of format 1.0 with this header, unpadded, and this data.
std::string npy(const std::string& header, const std::string& data) {
  std::string bytes = "\x93NUMPY";
  bytes += {'\1', '\0', static_cast<char>(header.size() & 0xFFU),
            static_cast<char>(header.size() >> 8U)};
  return bytes + header + data;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string npy_message(const std::filesystem::path& file) {
  try {
    const NpyFile array(file);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

std::string header_message(const std::string& header, const std::string& data = "") {
  const phiscope::test::TempDir dir;
  return npy_message(put(dir, npy(header, data)));
}

}  // namespace

TEST_CASE("every numeric dtype of NumPy is read, in both orders and both byte orders", "[npy]") {
  const std::string dtype =
      GENERATE("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8");
  const std::string kind = GENERATE("c_", "fortran_", "big_");
  CAPTURE(dtype, kind);
  const NpyFile array(golden(kind + dtype));
  CHECK(array.shape() == Shape{2, 3});
  CHECK(phiscope::shard::dtype_name(array.header().dtype) == dtype);
  CHECK(array.header().fortran_order == (kind == "fortran_"));
  std::vector<double> expected = {0, 1, 2, 3, 4, 5};
  if (dtype == "b1") expected = {0, 1, 1, 1, 1, 1};
  CHECK(array.read<double>() == expected);
  CHECK(array.read<float>() == std::vector<float>(expected.begin(), expected.end()));
  const NpyFile plain(golden("c_" + dtype));
  CHECK(phiscope::shard::describe(array) == phiscope::shard::describe(plain));
  if (dtype[0] == 'f') {
    CHECK_THROWS_WITH(array.read<std::int64_t>(), Contains("expected integers"));
  } else {
    CHECK(array.read<std::int64_t>() ==
          std::vector<std::int64_t>(expected.begin(), expected.end()));
    CHECK(array.read<std::uint8_t>() ==
          std::vector<std::uint8_t>(expected.begin(), expected.end()));
  }
}

TEST_CASE("shapes without axes, without elements and of three axes are read", "[npy]") {
  CHECK(NpyFile(golden("shape_scalar")).shape().empty());
  CHECK(NpyFile(golden("shape_scalar")).read<double>() == std::vector<double>{7});
  CHECK(NpyFile(golden("shape_0")).read<double>().empty());
  CHECK(NpyFile(golden("shape_0x5")).shape() == Shape{0, 5});
  CHECK(NpyFile(golden("version_2")).read<double>() == std::vector<double>{0, 1, 2});
  CHECK(NpyFile(golden("version_3")).read<double>() == std::vector<double>{0, 1, 2});
  std::vector<double> counting(24);
  std::iota(counting.begin(), counting.end(), 0.0);
  CHECK(NpyFile(golden("shape_2x3x4")).read<double>() == counting);
  CHECK(NpyFile(golden("shape_2x3x4_fortran")).read<double>() == counting);
  const auto bytes = NpyFile(golden("shape_2x3x4_fortran")).c_order_bytes();
  const NpyFile plain(golden("shape_2x3x4"));
  CHECK(std::equal(bytes.begin(), bytes.end(), plain.bytes().begin(), plain.bytes().end()));
}

TEST_CASE("headers of other writers are read", "[npy]") {
  const std::string header =
      GENERATE("{'shape': (3,), 'fortran_order': False, 'descr': '<f4'}\n",
               "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (3,), }\n",
               "{'descr':'<f4','fortran_order':False,'shape':(3,)}",
               "{'descr': '=f4', 'fortran_order': True, 'shape': (3L,), } \t\n\n",
               "{'descr': 'f4', 'fortran_order': False, 'shape': ( 3 , ) , }\n");
  CAPTURE(header);
  const phiscope::test::TempDir dir;
  const NpyFile array(put(dir, npy(header, raw<float>({1, -2, 0.5}))));
  CHECK(array.shape() == Shape{3});
  CHECK(array.read<double>() == std::vector<double>{1, -2, 0.5});
}

TEST_CASE("a byte has no order, whatever the header says", "[npy]") {
  const phiscope::test::TempDir dir;
  const std::string order = GENERATE("<", ">", "=", "|", "");
  CAPTURE(order);
  const NpyFile array(
      put(dir, npy("{'descr':'" + order + "u1','fortran_order':False,'shape':(2,)}", "\1\2")));
  CHECK(array.view<std::uint8_t>()[1] == 2);
}

TEST_CASE("the view is the file itself, or refused with the reason", "[npy]") {
  const NpyFile array(golden("c_f4"));
  CHECK(array.view<float>()[5] == 5.0F);
  CHECK(static_cast<const void*>(array.view<float>().data()) == array.bytes().data());
  CHECK_THROWS_WITH(array.view<double>(), Contains("dtype is <f4, expected <f8"));
  CHECK_THROWS_WITH(array.view<std::int32_t>(), Contains("dtype is <f4, expected <i4"));
  CHECK_THROWS_WITH(NpyFile(golden("big_f4")).view<float>(), Contains("big endian"));
  CHECK_THROWS_WITH(NpyFile(golden("fortran_f4")).view<float>(), Contains("Fortran order"));
  CHECK(NpyFile(golden("big_u1")).view<std::uint8_t>()[5] == 5);
  CHECK(NpyFile(golden("shape_1")).view<float>()[0] == 0.0F);
  const phiscope::test::TempDir dir;
  const std::string header = "{'descr':'<f4','fortran_order':False,'shape':(1,)} ";
  const NpyFile odd(put(dir, npy(header, raw<float>({3}))));
  REQUIRE(odd.header().data_offset % 4 != 0);
  CHECK_THROWS_WITH(odd.view<float>(), Contains("expected a multiple of 4"));
  CHECK(odd.read<float>() == std::vector<float>{3});
}

TEST_CASE("a value that T cannot hold is refused with its place, not rounded", "[npy]") {
  const phiscope::test::TempDir dir;
  const auto file = dir.path() / "x.npy";
  using phiscope::shard::write_npy;
  const std::int64_t exact = std::int64_t{1} << 53U;
  write_npy<std::int64_t>(file, std::vector<std::int64_t>{exact, -exact, exact * 512}, {3});
  CHECK(NpyFile(file).read<double>() == std::vector<double>{0x1p53, -0x1p53, 0x1p62});
  write_npy<std::int64_t>(file, std::vector<std::int64_t>{0, exact + 1}, {2});
  CHECK_THROWS_WITH(NpyFile(file).read<double>(),
                    Contains("value 9007199254740993 of element 1 (of 2"));
  write_npy<std::int64_t>(file, std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min()},
                          {1});
  CHECK(NpyFile(file).read<float>() == std::vector<float>{-0x1p63F});
  CHECK_THROWS_AS(NpyFile(file).read<std::int32_t>(), FormatError);
  CHECK_THROWS_AS(NpyFile(file).read<std::uint64_t>(), FormatError);
  write_npy<std::uint64_t>(file, std::vector<std::uint64_t>{~std::uint64_t{0}}, {1});
  CHECK_THROWS_AS(NpyFile(file).read<double>(), FormatError);
  CHECK_THROWS_AS(NpyFile(file).read<std::int64_t>(), FormatError);
  write_npy<double>(file, std::vector<double>{0.5, 0.1}, {2});
  CHECK_THROWS_WITH(NpyFile(file).read<float>(), Contains("element 1"));
  write_npy<double>(file, std::vector<double>{1e300}, {1});
  CHECK_THROWS_AS(NpyFile(file).read<float>(), FormatError);
  write_npy<double>(file, std::vector<double>{NAN, -INFINITY, -0.0}, {3});
  const auto special = NpyFile(file).read<float>();
  CHECK(std::isnan(special[0]));
  CHECK(special[1] == -INFINITY);
  CHECK(std::signbit(special[2]));
}

TEST_CASE("a file cut at any byte is refused, and so is one byte more", "[npy]") {
  const std::string name = GENERATE("c_f4", "fortran_f8", "version_2", "version_3", "shape_2x3x4");
  const phiscope::test::TempDir dir;
  const std::string whole = read_text(golden(name));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string message = npy_message(put(dir, whole.substr(0, size)));
    CAPTURE(name, size, message);
    CHECK_THAT(message, Contains("truncated"));
    CHECK_THAT(message, Contains("x.npy: "));
  }
  CHECK_THAT(npy_message(put(dir, whole + "\0")), Contains("accepted"));
  CHECK_THAT(npy_message(put(dir, whole + '\0')), Contains("trailing bytes"));
}

TEST_CASE("a header that lies is refused by name", "[npy]") {
  const std::string rest = ", 'fortran_order': False}";
  const auto with_shape = [&](const std::string& shape) {
    return header_message("{'descr': '<f4', 'shape': " + shape + rest);
  };
  CHECK_THAT(with_shape("(4294967296, 4294967296)"), Contains("too large"));
  CHECK_THAT(with_shape("(0, 4294967296, 4294967296)"), Contains("too large"));
  CHECK_THAT(with_shape("(2305843009213693952,)"), Contains("too large"));
  CHECK_THAT(with_shape("(99999999999999999999,)"), Contains("dimension too large"));
  CHECK_THAT(with_shape("(1000000000000,)"), Contains("truncated"));
  CHECK_THAT(with_shape("(0)"), Contains("number in brackets"));
  CHECK_THAT(with_shape("(,)"), Contains("decimal digits"));
  CHECK_THAT(with_shape("(-1,)"), Contains("decimal digits"));
  CHECK_THAT(with_shape("(00,)"), Contains("leading zero"));
  CHECK_THAT(with_shape("(0 0)"), Contains("',' or ')'"));
  CHECK_THAT(with_shape("[0]"), Contains("tuple"));
  CHECK_THAT(with_shape("(0.0,)"), Contains("',' or ')'"));
  std::string axes = "(0,";
  for (int i = 0; i < 63; ++i) axes += "1,";
  CHECK(with_shape(axes + ")") == "accepted");
  CHECK_THAT(with_shape(axes + "1)"), Contains("more than 64 dimensions"));
  const std::string shape = ", 'fortran_order': False, 'shape': (0,)}";
  for (const char* descr : {"'<c8'", "'|V2'", "'<U5'", "'<M8[ns]'", "'|O'", "''", "'<'", "'<f'",
                            "'<f3'", "'f44'", "7", "[('a', '<f4')]", "('<f4', (2,))"}) {
    CAPTURE(descr);
    CHECK_THAT(header_message("{'descr': " + std::string(descr) + shape), Contains("dtype"));
  }
  CHECK_THAT(header_message("{'descr': '<f4', 'shape': (0,), 'fortran_order': 0}"),
             Contains("True"));
  CHECK_THAT(header_message("{'descr': '<f4'" + shape + "}"), Contains("after the dictionary"));
  CHECK_THAT(header_message("{'descr': '<f4', 'shape': (0,), 'shape': (0,)" + rest),
             Contains("duplicate key 'shape'"));
  CHECK_THAT(header_message("{'shape': (0,)" + rest), Contains("'descr' missing"));
  CHECK_THAT(header_message("{'descr': '<f4', 'x\n': 1" + shape), Contains("in a string"));
  CHECK_THAT(header_message("{'descr': '<f4', '\x1b[2J': 1" + shape), Contains("'\\x1b[2J'"));
}

TEST_CASE("single changed bytes of a .npy file never do harm", "[npy]") {
  const phiscope::test::TempDir dir;
  const std::string name = GENERATE("fortran_i4", "version_3", "big_f8");
  const std::string whole = read_text(golden(name));
  std::mt19937_64 engine(7);
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string changed = whole;
    changed[engine() % (i % 2 == 0 ? 80 : whole.size())] = static_cast<char>(engine() & 0xFFU);
    const auto file = put(dir, changed);
    try {
      const NpyFile array(file);
      ++accepted;
      CHECK(array.read<double>().size() == array.count());
      CHECK(array.c_order_bytes().size() == array.bytes().size());
    } catch (const FormatError& error) {
      CHECK_THAT(error.what(), Contains("x.npy: "));
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("what is not a file of arrays is refused by name", "[npy]") {
  const phiscope::test::TempDir dir;
  CHECK_THAT(npy_message(dir.path()), Contains("is a directory"));
  CHECK_THAT(npy_message(dir.path() / "none.npy"), Contains("No such file"));
  CHECK_THAT(npy_message("/dev/null"), Contains("not a regular file"));
  CHECK_THAT(npy_message(put(dir, "PK\3\4 and so on")), Contains("zip"));
  CHECK_THAT(npy_message(put(dir, "version https://git-lfs")), Contains("git-lfs"));
  CHECK_THAT(npy_message(put(dir, "\x93NUMPY\4\1xxxx")), Contains("version 4.1"));
}

TEST_CASE("the hostile corpus is judged as its index says", "[npy][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto root = *reference / "bad_inputs";
  int cases = 0;
  const auto index = phiscope::shard::read_json(root / "index.json");
  for (const auto& one : index.at("cases")) {
    if (one.at("kind") != "npy") continue;
    ++cases;
    CAPTURE(one.at("name").get<std::string>());
    const std::string expect = one.at("expect");
    const auto path = root / one.at("path").get<std::string>();
    const std::string message = npy_message(path);
    if (expect == "reject") CHECK(message != "accepted");
    if (expect == "accept") CHECK(message == "accepted");
    if (message != "accepted" || !one.contains("array")) continue;
    const auto found = phiscope::shard::describe(NpyFile(path));
    CHECK(found.at("shape") == nlohmann::ordered_json(one.at("array").at("shape")));
    CHECK(found.at("sha256_le_c_order") ==
          one.at("array").at("sha256_le_c_order").get<std::string>());
  }
  CHECK(cases == 89);
}
