// SPDX-License-Identifier: MIT
// Rankings of nine synthetic heads: one all zero, one constant in one of four prompts.
#include "catch.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/pair_balance.hpp>
#include <phiscope/phiid_pairs.hpp>
#include <phiscope/rank_difference.hpp>

#include <limits>
#include <string>
#include <vector>

using nlohmann::json;
using phiscope::MatrixView;
using phiscope::PhiidJoin;
using phiscope::PhiidTable;
using phiscope::Value;

namespace {

constexpr std::size_t heads = 9;
constexpr std::size_t all_pairs = 36;

/// One output of a table as a matrix, with `otherwise` where a pair is not ok and on the diagonal.
std::vector<double> matrix(const PhiidTable& table, std::size_t output, double otherwise) {
  std::vector<double> result(heads * heads, otherwise);
  for (std::size_t i = 0; i < heads; ++i) {
    for (std::size_t j = i + 1; j < heads; ++j) {
      const std::size_t pair = phiscope::pair_index(i, j, heads);
      if (table.n_ok[pair] == 0) continue;
      result[i * heads + j] = result[j * heads + i] = table.values[output * all_pairs + pair];
    }
  }
  return result;
}

void check(const Value& found, const json& expected) {
  CAPTURE(expected.dump());
  REQUIRE(found.ok() == expected.is_number());
  if (!found.ok()) return;
  CHECK(found.value() == Approx(expected.get<double>()).epsilon(0.0).margin(1e-9));
}

void check(std::size_t rank, const json& expected) {
  CHECK(rank == (expected.is_number() ? expected.get<std::size_t>() : 0));
}

template <class Numbers>
void check_all(const Numbers& found, const json& expected) {
  REQUIRE(expected.size() == heads);
  for (std::size_t h = 0; h < heads; ++h) check(found[h], expected[h]);
}

struct Reference {
  json results;
  std::vector<double> values;
  std::vector<MatrixView<double>> prompts;  // [time, head]
  std::filesystem::path folder;
};

Reference read(const std::filesystem::path& folder) {
  Reference result{
      phiscope::shard::read_json(folder / "expected.json").at("results"), {}, {}, folder};
  const phiscope::shard::NpyFile file(folder / "activations.npy");
  result.values = file.read<double>();
  // The file holds [prompt, head, time]; recordings are [time, series].
  const auto& shape = file.shape();
  REQUIRE(shape.size() == 3);
  REQUIRE(shape[1] == heads);
  const auto times = static_cast<std::size_t>(shape[2]);
  std::vector<double> turned(result.values.size());
  for (std::size_t p = 0; p < shape[0]; ++p) {
    for (std::size_t h = 0; h < heads; ++h) {
      for (std::size_t t = 0; t < times; ++t) {
        turned[(p * times + t) * heads + h] = result.values[(p * heads + h) * times + t];
      }
    }
  }
  result.values = std::move(turned);
  for (std::size_t p = 0; p < shape[0]; ++p) {
    result.prompts.emplace_back(
        std::span<const double>(result.values).subspan(p * times * heads, times * heads), times,
        heads);
  }
  return result;
}

}  // namespace

TEST_CASE("our policy, only pairs that are ok: agrees with the reference",
          "[reference_headrank][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const Reference data = read(*reference / "headrank");
  const json& expected = data.results.at("valid_only_recommended");
  const PhiidTable table = phiscope::phiid<double>(data.prompts);
  const std::vector<double> sts = matrix(table, 0, std::numeric_limits<double>::quiet_NaN());
  const std::vector<double> rtr = matrix(table, 1, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < heads; ++i) {
    for (std::size_t j = i + 1; j < heads; ++j) {
      const std::size_t pair = phiscope::pair_index(i, j, heads);
      CHECK(table.n_ok[pair] == expected.at("valid_prompts_per_pair")[i][j]);
      check(Value(sts[i * heads + j]), expected.at("sts")[i][j]);
      check(Value(rtr[i * heads + j]), expected.at("rtr")[i][j]);
    }
  }
  const auto balance = phiscope::pair_balance({sts, heads, heads}, {rtr, heads, heads});
  check_all(balance.balance, expected.at("balance"));
  check_all(balance.score, expected.at("balance_score"));
  CHECK(balance.unranked == 1);
  const auto ranks = phiscope::rank_difference({sts, heads, heads}, {rtr, heads, heads});
  check_all(ranks.synergy, expected.at("avg_synergy"));
  check_all(ranks.redundancy, expected.at("avg_redundancy"));
  check_all(ranks.synergy_rank, expected.at("syn_rank"));
  check_all(ranks.redundancy_rank, expected.at("red_rank"));
  check_all(ranks.score, expected.at("rank_difference_score"));
  CHECK(ranks.unranked == 1);
}

TEST_CASE("one series with borders: the pairs agree with the original",
          "[reference_headrank][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const Reference data = read(*reference / "headrank");
  const PhiidTable table = phiscope::phiid<double>(data.prompts, {.join = PhiidJoin::borders});
  // The original reads a failed pair as sts = rtr = 0.
  const std::vector<double> sts = matrix(table, 0, 0.0);
  const std::vector<double> rtr = matrix(table, 1, 0.0);
  const auto original_sts =
      phiscope::shard::NpyFile(data.folder / "concat_sts_matrix.npy").read<double>();
  const auto original_rtr =
      phiscope::shard::NpyFile(data.folder / "concat_rtr_matrix.npy").read<double>();
  for (std::size_t k = 0; k < heads * heads; ++k) {
    CHECK(sts[k] == Approx(original_sts[k]).epsilon(0.0).margin(1e-9));
    CHECK(rtr[k] == Approx(original_rtr[k]).epsilon(0.0).margin(1e-9));
  }
  const auto ranks = phiscope::rank_difference({sts, heads, heads}, {rtr, heads, heads});
  const json& expected = data.results.at("concat");
  check_all(ranks.synergy, expected.at("avg_synergy"));
  check_all(ranks.synergy_rank, expected.at("syn_rank"));
  check_all(ranks.redundancy_rank, expected.at("red_rank"));
  check_all(ranks.score, expected.at("syn_red_score"));
}

TEST_CASE("the published scores follow from the original's matrices",
          "[reference_headrank][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const Reference data = read(*reference / "headrank");
  const auto sts = phiscope::shard::NpyFile(data.folder / "sts_matrix.npy").read<double>();
  const auto rtr = phiscope::shard::NpyFile(data.folder / "rtr_matrix.npy").read<double>();
  const json& expected = data.results.at("per_prompt");
  const auto ranks = phiscope::rank_difference({sts, heads, heads}, {rtr, heads, heads});
  check_all(ranks.synergy, expected.at("avg_synergy"));
  check_all(ranks.redundancy, expected.at("avg_redundancy"));
  check_all(ranks.synergy_rank, expected.at("syn_rank"));
  check_all(ranks.score, expected.at("syn_red_score"));
}
