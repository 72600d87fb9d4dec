// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace phiscope::extract {

/// `extract info`: a model directory, read and checked whole, or one safetensors file.
struct InfoOptions {
  std::filesystem::path path;
  bool quick = false;  ///< headers only
};
void info(const InfoOptions& options);

/// `extract check`: what a run would make of a model directory that its reader may not expect.
struct CheckOptions {
  std::filesystem::path model;
  bool quick = false;  ///< headers only
  bool json = false;
};
/// @throws std::runtime_error after the page, if a run would be refused
void check(const CheckOptions& options);

/// `extract tokens`: what a tokenizer makes of a prompt file, as JSON lines.
struct TokensOptions {
  std::filesystem::path model;
  std::filesystem::path prompts;
  bool no_special = false;
};
void tokens(const TokensOptions& options);

/// `extract problems`: how many problems of each stratum a problem file has, and those without a
/// number as answer.
struct ProblemsOptions {
  std::filesystem::path file;
};
void problems(const ProblemsOptions& options);

/// `extract verify`: re-hashes a run directory and checks shapes, rows and values.
struct VerifyOptions {
  std::filesystem::path run;
};
void verify(const VerifyOptions& options);

}  // namespace phiscope::extract
