// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::ablation {

/// Where an order of removal comes from.
enum class Kind {
  ranking,   ///< a score of information decomposition, e.g. most synergistic heads first
  baseline,  ///< a simpler score of the heads: norm, autocorrelation, damage of one head alone
  random,    ///< a seeded permutation: together they are the null hypothesis
  random_in_layer,  ///< a random order that takes heads from the same layers as a ranking, in turn
};
[[nodiscard]] std::string_view kind_name(Kind kind) noexcept;
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name) noexcept;
/// Is it drawn at random, whole or within layers?
[[nodiscard]] inline bool is_drawn(Kind kind) noexcept {
  return kind == Kind::random || kind == Kind::random_in_layer;
}

/// After a ranking's name: that ranking against its random-in-layer orders.
inline constexpr std::string_view in_layer_suffix = ":in-layer";

/// Damage against the number of heads removed.
struct Curve {
  std::vector<double> removed;  ///< [point], heads, strictly ascending
  std::vector<double> kl;       ///< [point, prompt], KL(intact || ablated) in nats
  std::size_t prompts = 0;
};

/// One order of removal and what has been measured along it.
struct Order {
  std::string name;
  Kind kind = Kind::ranking;
  std::string of = {};                     ///< random_in_layer: the ranking whose layers it follows
  std::vector<std::int64_t> heads = {};    ///< [place], the first is removed first; empty: unknown
  std::vector<std::int64_t> planned = {};  ///< numbers of heads removed, ascending
  Curve curve = {};          ///< the part of `planned` that is measured from its start on
  std::size_t measured = 0;  ///< numbers of `planned` with all prompts, also after a gap

  [[nodiscard]] bool finished() const { return curve.removed.size() == planned.size(); }
};

/// A sweep of cumulative head ablation on one model.
struct Ablation {
  std::filesystem::path path;
  std::string name;
  std::int64_t heads = 0;    ///< of the model, all layers together
  std::int64_t layers = 0;   ///< 0: unknown
  std::string removal = {};  ///< zero, mean or resample; empty: a table does not say
  /// What the run was to decide: an order, or "NAME:in-layer"; empty: no such order; nothing: the
  /// plan names none.
  std::optional<std::string> primary = {};
  bool has_prompts = false;  ///< false: a table of means, `prompts` of the curves is 1
  std::size_t prompts = 0;   ///< columns of the curves
  std::vector<Order> orders;
  nlohmann::ordered_json details = nlohmann::ordered_json::object();  ///< of plan.json
  std::string missing = {};  ///< of a partial run, see shard::Run::missing()
};

/// What is read, and how.
struct ReadOptions {
  shard::ReadOptions run = {};           ///< how a run directory is read
  std::vector<std::string> orders = {};  ///< only these; empty: all
  std::int64_t heads = 0;                ///< of the model of a CSV; 0: the most that it removes
};

/// Reads a run directory of `extract ablate`, or a CSV with one row per order and number of heads:
/// columns `num_heads_removed` (or `removed`), `mean_kl_div` (or `kl`), `order_type` (or `order`),
/// perhaps `kind`; without it, orders whose name begins with "random" are random ones, all others
/// rankings. An order of kind random-in-layer belongs to the ranking after the colon of its name,
/// or to the only one. The published tables and curves.csv of one run are such files.
/// @throws shard::FormatError naming the file, the place, what was found and what was expected
[[nodiscard]] Ablation read_ablation(const std::filesystem::path& path, const ReadOptions& options);

/// The two forms of input. @throws as read_ablation()
[[nodiscard]] Ablation read_ablation_run(const std::filesystem::path& run,
                                         const shard::ReadOptions& reading = {});
[[nodiscard]] Ablation read_ablation_csv(const std::filesystem::path& file, std::int64_t heads);

}  // namespace phiscope::analyze::ablation
