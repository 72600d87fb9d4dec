// SPDX-License-Identifier: MIT
#include "files/weights/safetensors.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

namespace {

using phiscope::extract::SafetensorsFile;
using phiscope::extract::TensorDtype;
using phiscope::test::bytes_of;
using phiscope::test::safetensors_bytes;

/// What the reader says to a file of these bytes.
std::string refusal_of(const std::string& bytes) {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "x.safetensors";
  phiscope::test::write_bytes(path, bytes);
  return phiscope::test::refusal([&path] { SafetensorsFile{path}; });
}

std::string refusal_of_header(const std::string& header, std::size_t data = 12) {
  return refusal_of(safetensors_bytes(header, std::string(data, '\1')));
}

const std::string good_header =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})";

}  // namespace

TEST_CASE("tensors are found by name with their shape, dtype and bytes", "[safetensors]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "x.safetensors";
  const std::string header =
      R"({"b":{"data_offsets":[6,10],"shape":[2,1],"dtype":"I16"},"__metadata__":{"k":"v"},)"
      R"("a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},)"
      R"("none":{"dtype":"F64","shape":[0,7],"data_offsets":[6,6]},)"
      R"("one":{"dtype":"U8","shape":[],"data_offsets":[10,11]}}   )";
  const std::string data =
      bytes_of<std::uint16_t>({1, 2, 3}) + bytes_of<std::int16_t>({-1, 7}) + "z";
  phiscope::test::write_bytes(path, safetensors_bytes(header, data));
  const SafetensorsFile file(path);
  REQUIRE(file.tensors().size() == 4);
  const auto& a = file.tensors().at("a");
  CHECK(a.name == "a");
  CHECK(a.dtype == TensorDtype::bf16);
  CHECK(a.shape == std::vector<std::int64_t>{3});
  CHECK(std::memcmp(a.bytes.data(), data.data(), 6) == 0);
  const auto& b = file.tensors().at("b");
  CHECK(b.shape == std::vector<std::int64_t>{2, 1});
  CHECK(std::memcmp(b.bytes.data(), data.data() + 6, 4) == 0);
  CHECK(count(b) == 2);
  CHECK(count(file.tensors().at("none")) == 0);
  CHECK(count(file.tensors().at("one")) == 1);
  CHECK(file.metadata().at("k") == "v");
}

TEST_CASE("a file cut at any byte is refused", "[safetensors]") {
  const std::string whole = safetensors_bytes(good_header, std::string(12, '\1'));
  CHECK(refusal_of(whole) == "accepted");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_THAT(refusal_of(whole.substr(0, length)), Contains("x.safetensors: "));
  }
  CHECK_THAT(refusal_of(whole.substr(0, 40)), Contains("header length") && Contains("truncated"));
  CHECK_THAT(refusal_of(whole + "x"), Contains("1 extra byte"));
}

TEST_CASE("every dtype of the format is known by its name", "[safetensors]") {
  using phiscope::extract::dtype_named;
  for (const char* name : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "U16", "I16", "F16", "BF16",
                           "U32", "I32", "F32", "U64", "I64", "F64", "C64"}) {
    CAPTURE(name);
    REQUIRE(dtype_named(name).has_value());
    CHECK(phiscope::extract::name_of(*dtype_named(name)) == name);
  }
  CHECK_FALSE(dtype_named("F31").has_value());
  CHECK(phiscope::extract::item_size(TensorDtype::bf16) == 2);
  CHECK(phiscope::extract::item_size(TensorDtype::f64) == 8);
}

TEST_CASE("a malformed header is refused with what was found and expected", "[safetensors]") {
  const auto tensor = [](const std::string& fields) { return R"({"a":{)" + fields + "}}"; };
  CHECK_THAT(refusal_of_header(tensor(R"("dtype":"F31","shape":[3],"data_offsets":[0,12])")),
             Contains("F31"));
  CHECK_THAT(refusal_of_header(tensor(R"("shape":[3],"data_offsets":[0,12])")),
             Contains("dtype is missing"));
  CHECK_THAT(refusal_of_header(tensor(R"("dtype":"F32","shape":[-3],"data_offsets":[0,12])")),
             Contains("shape"));
  CHECK_THAT(refusal_of_header(tensor(R"("dtype":"F32","shape":[3.0],"data_offsets":[0,12])")),
             Contains("shape"));
  // 2^33 * 2^31 wraps to 0 in 64 bits.
  CHECK_THAT(
      refusal_of_header(
          tensor(R"("dtype":"F32","shape":[8589934592,2147483648],"data_offsets":[0,0])"), 0),
      Contains("overflow"));
  CHECK_THAT(refusal_of_header(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,12])")),
             Contains("8 bytes"));
  CHECK_THAT(refusal_of_header(tensor(R"("dtype":"F32","shape":[3],"data_offsets":[12,0])")),
             Contains("begin <= end"));
  CHECK_THAT(
      refusal_of_header(tensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,12],"stride":1)")),
      Contains("stride"));
  CHECK_THAT(refusal_of_header(R"({"__metadata__":{"a":1}})", 0), Contains("__metadata__.a"));
  CHECK_THAT(refusal_of_header(" " + good_header), Contains("'{'"));
  CHECK_THAT(refusal_of_header("\xEF\xBB\xBF" + good_header), Contains("'{'"));
  CHECK_THAT(refusal_of_header(good_header + std::string(3, '\0')), Contains("x.safetensors"));
}

TEST_CASE("data must be covered exactly once", "[safetensors]") {
  const auto pair = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  CHECK(refusal_of_header(pair("[0,4]", "[4,8]"), 8) == "accepted");
  CHECK(refusal_of_header(pair("[4,8]", "[0,4]"), 8) == "accepted");
  CHECK_THAT(refusal_of_header(pair("[0,4]", "[2,6]"), 6), Contains("'b'") && Contains("overlap"));
  CHECK_THAT(refusal_of_header(pair("[0,4]", "[0,4]"), 4), Contains("overlap"));
  CHECK_THAT(refusal_of_header(pair("[0,4]", "[5,9]"), 9), Contains("hole"));
  CHECK_THAT(refusal_of_header(pair("[0,4]", "[4,8]"), 7), Contains("truncated"));
}

TEST_CASE("reference models open with tensors of sizes equal to shape times dtype",
          "[safetensors][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  int models = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*reference / "models")) {
    const auto file = entry.path() / "model" / "model.safetensors";
    if (!std::filesystem::exists(file)) continue;
    ++models;
    const SafetensorsFile opened(file);
    for (const auto& [name, view] : opened.tensors()) {
      std::uint64_t elements = 1;
      for (const auto n : view.shape) elements *= static_cast<std::uint64_t>(n);
      CHECK(view.bytes.size() == elements * item_size(view.dtype));
    }
  }
  CHECK(models >= 9);
}
