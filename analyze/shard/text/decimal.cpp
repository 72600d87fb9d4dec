// SPDX-License-Identifier: MIT
#include "shard/text/decimal.hpp"

#include <charconv>

#ifndef __cpp_lib_to_chars  // libc++ has std::from_chars for integers only
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <locale.h>  // NOLINT(modernize-deprecated-headers): newlocale() is not in <clocale>
#include <string>
#endif

namespace phiscope::shard {

#ifdef __cpp_lib_to_chars

std::optional<double> decimal(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

#else

std::optional<double> decimal(std::string_view text) {
  // What strtod() takes besides: blanks and a plus before the number, hexadecimal digits.
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_of("xXpP") != std::string_view::npos) return std::nullopt;
  if (digits.front() != '.' && (digits.front() < '0' || digits.front() > '9') &&
      digits.front() != 'i' && digits.front() != 'n' && digits.front() != 'I' &&
      digits.front() != 'N') {
    return std::nullopt;
  }
  static const locale_t plain = newlocale(LC_ALL_MASK, "C", nullptr);
  const std::string copy(text);  // strtod() looks for an end
  char* end = nullptr;
  errno = 0;
  const double value = strtod_l(copy.c_str(), &end, plain);
  const bool is_beyond = errno == ERANGE && (value == 0.0 || std::isinf(value));
  if (is_beyond || end != copy.c_str() + copy.size()) return std::nullopt;
  return value;
}

#endif

}  // namespace phiscope::shard
