// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "report/folder.hpp"
#include "sampling/analysis/options.hpp"
#include "sampling/analysis/study.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// Name of the file with the questions for the program `judge`.
inline constexpr const char* requests_name = "judge_requests.jsonl";

/// What a judge said of one order of a pair.
struct Verdict {
  std::optional<bool> distinct = {};  ///< nothing: missing
  std::string reason = {};            ///< the judge's, or why the verdict is missing
};
using Verdicts = std::map<std::string, Verdict>;  // by the request's id

/// The lines of judgements.jsonl.
/// @throws shard::FormatError naming the line
[[nodiscard]] Verdicts read_verdicts(const std::filesystem::path& file);

/// Two representatives of different clusters of a problem.
struct JudgedPair {
  std::size_t study = 0;
  std::size_t problem = 0;
  std::size_t temperature = 0;
  std::array<std::int64_t, 2> clusters = {};
  std::array<std::size_t, 2> samples = {};
  std::array<std::string, 2> ids = {};    ///< of the requests, one per order
  std::array<std::string, 2> texts = {};  ///< of the solutions
  std::array<std::optional<Verdict>, 2> verdicts = {};
};

enum class Agreement { distinct, same, inconsistent, missing };

/// "distinct", "same", "inconsistent", "missing": a pair whose orders disagree is inconsistent, one
/// without both verdicts is missing, never the same.
[[nodiscard]] std::string_view agreement_name(Agreement outcome) noexcept;
[[nodiscard]] Agreement agreement_of(const JudgedPair& pair) noexcept;

/// All pairs, with what was said of them.
struct Judging {
  std::vector<JudgedPair> pairs = {};
  std::size_t foreign = 0;         ///< verdicts on requests that this analysis does not make
  bool has_verdicts = false;       ///< a file was given
  Cell distinct = {};              ///< share of the judged pairs that are distinct, over problems
  std::vector<Value> shares = {};  ///< the same, [problem with a pair]
};

[[nodiscard]] Judging judge_pairs(const std::vector<Study>& studies,
                                  const std::optional<Verdicts>& verdicts, const Options& options);

/// The text of judge_requests.jsonl: each pair in both orders.
[[nodiscard]] std::string requests_text(const std::vector<Study>& studies, const Judging& judging);

/// judgements.csv
[[nodiscard]] report::NamedTable judgement_table(const std::vector<Study>& studies,
                                                 const Judging& judging);

/// One sentence; what is missing and why is a part of it.
[[nodiscard]] std::string judge_line(const Judging& judging);

/// Problems by the share of their pairs that are distinct; nothing without a judged pair.
[[nodiscard]] std::vector<figure::Figure> judge_figures(const Judging& judging);

}  // namespace phiscope::analyze::sampling
