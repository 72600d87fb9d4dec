// SPDX-License-Identifier: MIT
#include "verdicts.hpp"

#include "files/weights/safetensors.hpp"
#include "shard/file/format_error.hpp"
#include "shard/npy/npy.hpp"

#include <array>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::fuzz {
namespace {

std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte one : bytes) {
    const auto code = std::to_integer<unsigned>(one);
    text += {digits[code >> 4U], digits[code & 15U]};
  }
  return text;
}

std::string npy_verdict(std::span<const std::byte> bytes) {
  const shard::NpyArray array(bytes, "x");
  const shard::NpyHeader& header = array.header();
  std::string descr(shard::descr(header.dtype));
  if (header.big_endian) descr[0] = '>';
  std::string shape;
  for (const std::uint64_t length : header.shape) shape += std::to_string(length) + ",";
  return descr + (header.fortran_order ? " F " : " C ") + shape + " " +
         hexadecimal(array.c_order_bytes());
}

std::string safetensors_verdict(std::span<const std::byte> bytes) {
  const extract::Safetensors contents = extract::parse_safetensors(bytes, "x");
  nlohmann::json tensors = nlohmann::json::object();
  for (const auto& [name, tensor] : contents.tensors) {
    tensors[name] = {name_of(tensor.dtype), tensor.shape, hexadecimal(tensor.bytes)};
  }
  return nlohmann::json{tensors, contents.metadata}.dump();
}

}  // namespace

void write_verdicts(std::string_view format, std::istream& in, std::ostream& out) {
  if (format != "npy" && format != "safetensors") {
    throw std::invalid_argument("format is " + std::string(format) +
                                ", expected npy or safetensors");
  }
  std::array<char, 4> length{};
  while (in.read(length.data(), length.size())) {
    std::size_t size = 0;
    for (std::size_t i = length.size(); i-- > 0;) {
      size = size * 256 + static_cast<unsigned char>(length[i]);
    }
    std::vector<char> input(size);  // no byte more: the sanitizer sees what reads beyond
    if (!in.read(input.data(), static_cast<std::streamsize>(size))) {
      throw std::runtime_error("the last input is cut");
    }
    const auto bytes = std::as_bytes(std::span(input));
    try {
      const std::string held = format == "npy" ? npy_verdict(bytes) : safetensors_verdict(bytes);
      out << "ok " << held << '\n';
    } catch (const shard::FormatError& error) {
      out << "no " << error.what() << '\n';
    }
  }
}

}  // namespace phiscope::fuzz
