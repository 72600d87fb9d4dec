// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace phiscope::shard {

/// SHA-256 of bytes given piece by piece.
class Sha256 {
 public:
  /// @throws std::runtime_error if OpenSSL offers no SHA-256
  Sha256();

  void update(std::span<const std::byte> bytes);

  /// 64 lower-case hexadecimal digits; the object is spent afterwards.
  [[nodiscard]] std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// @return  64 lower-case hexadecimal digits
[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);

/// As sha256(), of a file's bytes, with bounded memory.
/// @throws FormatError if it cannot be read or is not a regular file
[[nodiscard]] std::string sha256_file(const std::filesystem::path& file);

}  // namespace phiscope::shard
