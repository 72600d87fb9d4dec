// SPDX-License-Identifier: MIT
#pragma once

#include "process.hpp"
#include "shard/npy/half.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::test {

/// A .npy file of format 1.0, byte by byte, so that it shares no code with the program's writer.
/// @param shape  as Python writes it: "(3, 2)"
inline std::string npy_bytes(const std::string& descr, bool fortran, const std::string& shape,
                             const std::string& data) {
  std::string header = "{'descr': '" + descr +
                       "', 'fortran_order': " + (fortran ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string file = "\x93NUMPY";
  file += '\1';
  file += '\0';
  file += static_cast<char>(header.size() & 0xFFU);
  file += static_cast<char>(header.size() >> 8U);
  return file + header + data;
}

/// Bytes of integers or floats of `size` bytes each, little or big endian.
inline std::string bytes_of(std::span<const std::uint64_t> bits, std::size_t size, bool big) {
  std::string bytes;
  for (const std::uint64_t word : bits) {
    std::string one;
    for (std::size_t i = 0; i < size; ++i) one += static_cast<char>(word >> (8 * i) & 0xFFU);
    if (big) std::reverse(one.begin(), one.end());
    bytes += one;
  }
  return bytes;
}

/// Bits of numbers as an element of the dtype "f2", "bf", "f4", "f8" or "i8".
inline std::vector<std::uint64_t> bits_of(std::span<const double> numbers,
                                          const std::string& dtype) {
  std::vector<std::uint64_t> bits;
  for (const double x : numbers) {
    const auto narrow = std::bit_cast<std::uint32_t>(static_cast<float>(x));
    if (dtype == "f2") bits.push_back(shard::float_to_half(static_cast<float>(x)));
    if (dtype == "bf" || dtype == "V2") bits.push_back(narrow >> 16U);
    if (dtype == "f4") bits.push_back(narrow);
    if (dtype == "f8") bits.push_back(std::bit_cast<std::uint64_t>(x));
    if (dtype == "i8" || dtype == "i1" || dtype == "b1")
      bits.push_back(static_cast<std::uint64_t>(static_cast<std::int64_t>(x)));
  }
  return bits;
}

/// How a matrix lies in a file.
struct Layout {
  std::string dtype = "f4";  ///< "f2", "bf" (bfloat16 as u2), "V2" (as that), "f4", "i1", ...
  bool big = false;
  bool fortran = false;
};

/// A folder of .npy files and the program that reads them.
class MetricFolder {
 public:
  /// Writes [rows, cols] numbers given in C order; @return  the quoted path
  std::string matrix(const std::string& name, std::size_t rows, std::size_t cols,
                     const std::vector<double>& numbers, const Layout& layout = {}) const {
    if (numbers.size() != rows * cols) throw std::invalid_argument(name + ": not rows x cols");
    std::vector<double> in_order = numbers;
    for (std::size_t i = 0; layout.fortran && i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) in_order[j * rows + i] = numbers[i * cols + j];
    }
    const std::string shape = "(" + std::to_string(rows) + ", " + std::to_string(cols) + ")";
    return put(name, in_order, shape, layout);
  }

  /// Writes [item] integers; @return  the quoted path
  std::string labels(const std::string& name, const std::vector<double>& labels) const {
    return put(name, labels, "(" + std::to_string(labels.size()) + ",)", {.dtype = "i8"});
  }

  /// Writes [item] numbers in double; @return  the quoted path
  std::string vector(const std::string& name, const std::vector<double>& numbers) const {
    return put(name, numbers, "(" + std::to_string(numbers.size()) + ",)", {.dtype = "f8"});
  }

  std::string put(const std::string& name, const std::vector<double>& numbers,
                  const std::string& shape, const Layout& layout) const {
    const std::string kind = layout.dtype == "bf" ? "u2" : layout.dtype;
    const std::size_t size = static_cast<std::size_t>(kind[1] - '0');
    const auto data = bytes_of(bits_of(numbers, layout.dtype), size, layout.big);
    write_text(path(name), npy_bytes((layout.big ? ">" : "<") + kind, layout.fortran, shape, data));
    return quoted(name);
  }

  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    return folder_.path() / name;
  }
  [[nodiscard]] std::string quoted(const std::string& name) const {
    return "'" + path(name).string() + "'";
  }

  [[nodiscard]] Finished run(const std::string& arguments) const {
    return run_shell(program("analyze-metric") + " " + arguments, folder_.path());
  }

  /// The answer of a command that must work: one line of JSON on stdout, nothing on stderr.
  [[nodiscard]] nlohmann::json answer(const std::string& arguments) const {
    const Finished done = run(arguments);
    if (done.status != 0 || !done.err.empty() || lines(done.out) != 1) {
      throw std::runtime_error(arguments + ": status " + std::to_string(done.status) + ", " +
                               done.out + done.err);
    }
    return nlohmann::json::parse(done.out);
  }

  /// Whether a command ends with this status and one line that holds `reason`.
  [[nodiscard]] bool refuses(const std::string& arguments, int status,
                             const std::string& reason) const {
    const Finished done = run(arguments);
    return done.status == status && done.out.empty() && done.err.find(reason) != std::string::npos;
  }

 private:
  TempDir folder_;
};

}  // namespace phiscope::test
