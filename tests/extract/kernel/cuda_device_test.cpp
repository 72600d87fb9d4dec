// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "device_array.hpp"
#include "kernel/cuda/device.hpp"
#include "kernel/head_norm.hpp"
#include "kernel/logit_divergence.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

using namespace phiscope::extract::kernel;

namespace {

template <class Work>
std::string message_of(Work work) {
  try {
    work();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

/// Architectures of the machine code in a file, from the headers of CUDA's fat binaries: a magic
/// number, a version, the header's size and that of all entries; each entry starts with its kind
/// (2: machine code), the sizes of its header and its data, and names its architecture at byte 28.
std::multiset<std::uint32_t> architectures(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto number = [&bytes](std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    while (size-- > 0) value = value << 8 | static_cast<unsigned char>(bytes.at(at + size));
    return value;
  };
  std::multiset<std::uint32_t> found;
  const std::string magic = "\x50\xed\x55\xba";
  for (std::size_t at = bytes.find(magic); at != std::string::npos; at = bytes.find(magic, at)) {
    std::size_t entry = at + number(at + 6, 2);
    const std::size_t end = entry + number(at + 8, 8);
    while (entry < end) {
      if (number(entry, 2) == 2) found.insert(static_cast<std::uint32_t>(number(entry + 28, 4)));
      entry += number(entry + 4, 4) + number(entry + 8, 8);
    }
    at = end;
  }
  return found;
}

}  // namespace

TEST_CASE("every CUDA file holds machine code for every architecture of the build",
          "[cuda_device]") {
  const auto found = architectures(PHISCOPE_CUDA_LIBRARY);
  for (const std::uint32_t architecture : {PHISCOPE_CUDA_ARCHITECTURES}) {
    CAPTURE(architecture);
    CHECK(found.count(architecture) == found.count(80));
  }
  CHECK(found.count(80) >= 8);  // files
}

TEST_CASE("without a device CUDA says why, and a launch is an error", "[cuda_device]") {
  const CudaDevices devices = cuda_devices();
  CHECK(cuda_devices().why_none == devices.why_none);
  if (devices.count > 0) {
    CHECK(devices.why_none.empty());
    return;
  }
  CHECK_THAT(devices.why_none, Contains("CUDA") && Contains("cudaError") && Contains("runtime 1"));
  CHECK(devices.why_none.find('\n') == std::string::npos);
  const std::string reason = devices.why_none.substr(0, devices.why_none.find(';'));

  float norm = 77.0F;
  const float z[] = {1.0F};
  const HeadNorms<float> norms{
      .rows = 1, .heads = 1, .unit = 1, .z = z, .row_stride = 1, .norms = &norm};
  CHECK(message_of([&] { head_norms_cuda(norms, nullptr); }) == "head_norms_cuda: " + reason);
  CHECK(norm == 77.0F);

  LogitMeasures measures;
  const std::int64_t row = 0;
  const LogitPairs<float> pairs{.pairs = 1,
                                .vocab = 1,
                                .a = z,
                                .a_stride = 1,
                                .b = z,
                                .b_stride = 1,
                                .row_a = &row,
                                .row_b = &row,
                                .measures = &measures};
  CHECK(message_of([&] { logit_divergences_cuda(pairs, nullptr); }) ==
        "logit_divergences_cuda: " + reason);
  CHECK(message_of([] { static_cast<void>(cuda_device(0)); }) == "CUDA device 0: " + reason);
  CHECK(message_of([] { cuda_synchronise(nullptr); }) == "cuda_synchronise: " + reason);
}

TEST_CASE("nothing to do needs no device", "[cuda_device]") {
  CHECK_NOTHROW(head_norms_cuda(HeadNorms<float>{.heads = 2, .unit = 3}, nullptr));
  CHECK_NOTHROW(logit_divergences_cuda(LogitPairs<float>{.vocab = 3}, nullptr));
  CHECK_THROWS_AS(logit_divergences_cuda(LogitPairs<float>{.pairs = 1}, nullptr),
                  std::invalid_argument);
}

TEST_CASE("a device has a name, memory and a capability", "[cuda_device][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  const int count = cuda_devices().count;
  for (int index = 0; index < count; ++index) {
    const CudaDevice device = cuda_device(index);
    CHECK_FALSE(device.name.empty());
    CHECK(device.major >= 5);
    CHECK(device.free_bytes > 0);
    CHECK(device.free_bytes <= device.total_bytes);
  }
  CHECK_THAT(message_of([count] { static_cast<void>(cuda_device(count)); }),
             Contains("CUDA device " + std::to_string(count) + ": invalid device ordinal"));
}
