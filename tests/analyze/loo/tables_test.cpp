// SPDX-License-Identifier: MIT
// Every cell of every table against the number that belongs there.
#include "loo/tables.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_loo.hpp"

namespace phiscope::analyze::loo::tables_test {

using test::cell_text;
using test::made_up_loo_runs;
using test::table_of;
using test::TableRows;

namespace {

std::string text(const Value& value) {
  return value.ok() ? number_text(value.value()) : "";
}

/// What an interval is of, and how it was made.
void check_interval(const TableRows& rows, const std::vector<std::string>& key,
                    const Estimate& expected) {
  CHECK(rows.text(key, "ci_low") == text(expected.low));
  CHECK(rows.text(key, "ci_high") == text(expected.high));
  CHECK(rows.text(key, "ci_units") == std::to_string(expected.units));
  CHECK(rows.text(key, "ci_covers") == "walks");
  CHECK(rows.text(key, "ci_method") == expected.method);
  CHECK(rows.text(key, "ci_draws") == std::to_string(expected.draws));
  CHECK(rows.text(key, "ci_undefined_draws") == std::to_string(expected.undefined_draws));
  CHECK(rows.text(key, "ci_status") == status_name(expected.low.status()));
}

/// The columns that every aggregate has.
void check_aggregate(const TableRows& rows, const std::vector<std::string>& key,
                     const Aggregate& expected) {
  CHECK(rows.text(key, "mean") == text(expected.mean.value));
  CHECK(rows.text(key, "sd") == text(expected.sd));
  CHECK(rows.text(key, "median") == text(expected.median));
  CHECK(rows.text(key, "ci_low") == text(expected.mean.low));
  CHECK(rows.text(key, "ci_high") == text(expected.mean.high));
  check_interval(rows, key, expected.mean);
  CHECK(rows.text(key, "n_floored") == std::to_string(expected.floored));
  CHECK(rows.text(key, "n_events") == std::to_string(expected.events));
  CHECK(rows.text(key, "n_ok") == std::to_string(expected.defined));
  CHECK(rows.text(key, "n_contexts") == std::to_string(expected.mean.units));
  const std::vector<std::string> names = {"no_cross_pairs", "no_within_pairs", "no_edges",
                                          "too_few_rows",   "constant",        "nonfinite"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(rows.text(key, names[i]) == std::to_string(expected.undefined[i]));
  }
}

/// Calls visit(run, condition, length, layer, beginning of the key) for all cells of the grids.
template <class Visit>
void for_each_place(const std::vector<RunResult>& runs, Visit visit) {
  for (const RunResult& run : runs) {
    for (std::size_t c = 0; c < run.info.conditions.size(); ++c) {
      for (std::size_t n = 0; n < run.lengths.size(); ++n) {
        for (std::size_t l = 0; l < run.info.layers.size(); ++l) {
          visit(run, c, n, l,
                std::vector<std::string>{run.label, run.info.conditions[c].name,
                                         std::to_string(run.lengths[n]),
                                         std::to_string(run.info.layers[l])});
        }
      }
    }
  }
}

std::vector<std::string> joined(std::vector<std::string> key,
                                const std::vector<std::string>& more) {
  key.insert(key.end(), more.begin(), more.end());
  return key;
}

const std::vector<std::string> place_columns = {"run", "condition", "n", "layer"};
const std::vector<std::string> metric_names = {"ratio", "energy", "cross_dist", "within_dist"};

}  // namespace

TEST_CASE("every influence lies in its row of loo.csv", "[tables]") {
  const auto runs = made_up_loo_runs();
  const TableRows rows(table_of(tables(runs), "loo.csv"),
                       joined(place_columns, {"position_type", "pairs", "scale", "metric"}));
  std::size_t expected = 0;
  for_each_place(runs, [&](const RunResult& run, auto c, auto n, auto l, const auto& place) {
    const std::vector<std::string> types = {"bridge", "anchor", "all"};
    const std::vector<std::string> pairs = {"own", "common"};
    const std::vector<std::string> units = {"absolute", "relative_to_embedding"};
    for (std::size_t i = 0; i < 48; ++i) {
      const std::size_t type = i / 16;
      const std::size_t pair = i / 8 % 2;
      const std::size_t scale = i / 4 % 2;
      const auto key = joined(
          place, {types[type], pairs[pair], units[scale], metric_names[i % 4] + "_influence"});
      check_aggregate(
          rows, key,
          run.influence_at(c, n, l, static_cast<PositionType>(type), static_cast<Pairs>(pair),
                           static_cast<Scale>(scale), static_cast<Metric>(i % 4)));
      ++expected;
    }
  });
  CHECK(rows.size() == expected);
}

TEST_CASE("every level lies in its row of levels.csv", "[tables]") {
  const auto runs = made_up_loo_runs();
  const TableRows rows(table_of(tables(runs), "levels.csv"),
                       joined(place_columns, {"scale", "metric"}));
  const auto names =
      joined(metric_names, {"graph_energy", "graph_energy_per_edge", "graph_rayleigh"});
  std::size_t expected = 0;
  for_each_place(runs, [&](const RunResult& run, auto c, auto n, auto l, const auto& place) {
    for (std::size_t level = 0; level < names.size(); ++level) {
      check_aggregate(rows, joined(place, {"absolute", names[level]}),
                      run.level_at(c, n, l, Scale::absolute, level));
      check_aggregate(rows, joined(place, {"relative_to_embedding", names[level]}),
                      run.level_at(c, n, l, Scale::relative, level));
      expected += 2;
    }
  });
  CHECK(rows.size() == expected);
}

TEST_CASE("every correlation lies in its row of correlations.csv", "[tables]") {
  const auto runs = made_up_loo_runs();
  const TableRows rows(table_of(tables(runs), "correlations.csv"),
                       joined(place_columns, {"metric_a", "metric_b"}));
  std::size_t expected = 0;
  for (const RunResult& run : runs) {
    for (std::size_t i = 0; i < run.correlations.size(); ++i) {
      const std::size_t layers = run.info.layers.size();
      const std::size_t layer = i / 6 % layers;
      const std::size_t length = i / 6 / layers % (run.lengths.size() + 1);
      const std::size_t condition = i / 6 / layers / (run.lengths.size() + 1);
      const Correlation& found = run.correlations[i];
      const std::string n =
          length < run.lengths.size() ? std::to_string(run.lengths[length]) : std::string();
      const std::vector<std::string> key = {
          run.label,
          run.info.conditions[condition].name,
          n,
          std::to_string(run.info.layers[layer]),
          metric_names[static_cast<std::size_t>(found.first)] + "_influence",
          metric_names[static_cast<std::size_t>(found.second)] + "_influence"};
      CHECK(rows.text(key, "rank_correlation") == text(found.estimate.value));
      check_interval(rows, key, found.estimate);
      CHECK(rows.text(key, "n_events") == std::to_string(found.events));
      CHECK(rows.text(key, "n_contexts") == std::to_string(found.contexts));
      CHECK(rows.text(key, "undefined").empty());
      ++expected;
    }
  }
  CHECK(rows.size() == expected);
}

TEST_CASE("diagnostics.csv has the fit, the overflows and the pairs of each layer", "[tables]") {
  auto runs = made_up_loo_runs();
  std::int64_t number = 0;
  for (RunResult& run : runs) {
    for (ContextMeasures& context : run.contexts) {
      for (auto& count : context.float16_overflows) count = ++number;
      context.pairs = {.cross = 100 * ++number, .within = 10000 * number};
    }
  }
  const TableRows rows(table_of(tables(runs), "diagnostics.csv"), {"run", "condition", "layer"});
  for (const RunResult& run : runs) {
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t l = 0; l < run.info.layers.size(); ++l) {
        std::int64_t overflows = 0;
        std::int64_t pairs = 0;
        for (const ContextMeasures& context : run.contexts) {
          const bool own = run.info.walks[context.walk].condition == c;
          overflows += own ? context.float16_overflows[l] : 0;
          pairs += own ? context.pairs.cross + context.pairs.within : 0;
        }
        const std::vector<std::string> key = {run.label, run.info.conditions[c].name,
                                              std::to_string(run.info.layers[l])};
        const ZeroFit& fit = run.position_zero[c * run.info.layers.size() + l];
        CHECK(rows.text(key, "sink") == run.info.sink_name);
        CHECK(rows.text(key, "position_zero_r2") == text(fit.explained));
        CHECK(rows.text(key, "position_zero_scale") == text(fit.scale));
        CHECK(rows.text(key, "position_zero_means") == std::to_string(fit.cells));
        CHECK(rows.text(key, "float16_overflows") == std::to_string(overflows));
        CHECK(rows.text(key, "pairs") == std::to_string(pairs));
      }
    }
  }
}

TEST_CASE("undefined.csv adds up the layers", "[tables]") {
  const auto runs = made_up_loo_runs();
  const TableRows rows(table_of(tables(runs), "undefined.csv"),
                       {"run", "condition", "n", "pairs", "metric"});
  for_each_place(runs, [&](const RunResult& run, auto c, auto n, auto l, const auto& place) {
    if (l > 0) return;
    for (std::size_t i = 0; i < 8; ++i) {
      Aggregate sum;
      for (std::size_t each = 0; each < run.info.layers.size(); ++each) {
        const Aggregate& one =
            run.influence_at(c, n, each, PositionType::all, static_cast<Pairs>(i / 4),
                             Scale::absolute, static_cast<Metric>(i % 4));
        sum.events += one.events;
        sum.defined += one.defined;
        for (std::size_t k = 0; k < 6; ++k) sum.undefined[k] += one.undefined[k];
      }
      const std::vector<std::string> key = {place[0], place[1], place[2],
                                            i / 4 == 0 ? "own" : "common",
                                            metric_names[i % 4] + "_influence"};
      CHECK(rows.text(key, "n_events") == std::to_string(sum.events));
      CHECK(rows.text(key, "n_ok") == std::to_string(sum.defined));
      CHECK(rows.text(key, "no_cross_pairs") == std::to_string(sum.undefined[0]));
      CHECK(rows.text(key, "no_within_pairs") == std::to_string(sum.undefined[1]));
      CHECK(rows.text(key, "no_edges") == std::to_string(sum.undefined[2]));
      CHECK(rows.text(key, "too_few_rows") == std::to_string(sum.undefined[3]));
      CHECK(rows.text(key, "constant") == std::to_string(sum.undefined[4]));
      CHECK(rows.text(key, "nonfinite") == std::to_string(sum.undefined[5]));
    }
  });
}

TEST_CASE("loo_events.csv has each event's levels with and without it, and its influences",
          "[tables]") {
  const auto runs = made_up_loo_runs();
  const TableRows rows(table_of(tables(runs), "loo_events.csv"),
                       {"run", "condition", "n", "trial", "position", "layer"});
  std::size_t expected = 0;
  for (const RunResult& run : runs) {
    for (const ContextMeasures& context : run.contexts) {
      const Walk& walk = run.info.walks[context.walk];
      const Condition& condition = run.info.conditions[walk.condition];
      for (const Event& event : context.events) {
        for (std::size_t l = 0; l < run.info.layers.size(); ++l) {
          const std::vector<std::string> key = {run.label,
                                                condition.name,
                                                std::to_string(walk.n),
                                                std::to_string(walk.trial),
                                                std::to_string(event.position),
                                                std::to_string(run.info.layers[l])};
          const auto place = static_cast<std::size_t>(event.position);
          CHECK(rows.text(key, "position_type") == (event.bridge ? "bridge" : "anchor"));
          CHECK(rows.text(key, "word") ==
                condition.words[static_cast<std::size_t>(walk.nodes[place])]);
          CHECK(rows.text(key, "cross_pairs_full") == std::to_string(context.pairs.cross));
          CHECK(rows.text(key, "within_pairs_full") == std::to_string(context.pairs.within));
          CHECK(rows.text(key, "cross_pairs_without") == std::to_string(event.pairs_without.cross));
          CHECK(rows.text(key, "within_pairs_common") == std::to_string(event.pairs_common.within));
          const ClusterStructure& full = context.full[l];
          const ClusterStructure& without = event.without[l];
          CHECK(rows.text(key, "ratio_full") == text(full.ratio));
          CHECK(rows.text(key, "ratio_without") == text(without.ratio));
          CHECK(rows.text(key, "ratio_influence") == text(difference(full.ratio, without.ratio)));
          CHECK(rows.text(key, "energy_influence") ==
                text(difference(without.energy, full.energy)));
          CHECK(rows.text(key, "cross_dist_full") == text(full.cross));
          CHECK(rows.text(key, "within_dist_without") == text(without.within));
          CHECK(rows.text(key, "within_dist_influence_common") ==
                text(difference(event.full_common[l].within, event.without_common[l].within)));
          ++expected;
        }
      }
    }
  }
  CHECK(rows.size() == expected);
}

TEST_CASE("loo_contexts.csv has each context's pairs, words and levels", "[tables]") {
  const auto runs = made_up_loo_runs();
  const TableRows rows(table_of(tables(runs), "loo_contexts.csv"),
                       {"run", "condition", "n", "trial", "layer"});
  for (const RunResult& run : runs) {
    for (const ContextMeasures& context : run.contexts) {
      const Walk& walk = run.info.walks[context.walk];
      for (std::size_t l = 0; l < run.info.layers.size(); ++l) {
        const std::vector<std::string> key = {run.label, run.info.conditions[walk.condition].name,
                                              std::to_string(walk.n), std::to_string(walk.trial),
                                              std::to_string(run.info.layers[l])};
        CHECK(rows.text(key, "words") == std::to_string(context.words));
        CHECK(rows.text(key, "cross_pairs") == std::to_string(context.pairs.cross));
        CHECK(rows.text(key, "within_pairs") == std::to_string(context.pairs.within));
        CHECK(rows.text(key, "ratio") == text(context.full[l].ratio));
        CHECK(rows.text(key, "energy") == text(context.full[l].energy));
        CHECK(rows.text(key, "cross_dist") == text(context.full[l].cross));
        CHECK(rows.text(key, "within_dist") == text(context.full[l].within));
        CHECK(rows.text(key, "graph_energy") == text(context.graph[l].sum));
        CHECK(rows.text(key, "graph_energy_per_edge") == text(context.graph[l].per_edge));
        CHECK(rows.text(key, "graph_rayleigh") == text(context.graph[l].rayleigh));
      }
    }
  }
}

}  // namespace phiscope::analyze::loo::tables_test
