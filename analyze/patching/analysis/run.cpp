// SPDX-License-Identifier: MIT
#include "patching/analysis/run.hpp"

#include "patching/analysis/logits.hpp"
#include "patching/analysis/plan.hpp"
#include "patching/analysis/texts.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace phiscope::analyze::patching {
namespace {

using shard::FormatError;

/// The keys of one shard, checked against the plan.
class KeyReader {
 public:
  KeyReader(const Patching& patching, const shard::NpyFile& file)
      : patching_(patching), file_(file), width_(patching.has_heads ? 7 : 6) {}

  [[nodiscard]] std::vector<Key> read() const {
    if (file_.shape().size() != 2 || file_.shape()[1] != width_) {
      throw FormatError(file_.path(), "shape " + shard::shape_text(file_.shape()) + ", expected " +
                                          std::to_string(width_) + " columns");
    }
    const auto values = file_.view<std::int64_t>();
    std::vector<Key> keys;
    keys.reserve(values.size() / width_);
    for (std::size_t row = 0; row < values.size() / width_; ++row) {
      keys.push_back(key_of(values.subspan(row * width_, width_)));
      check(keys.back(), row);
    }
    return keys;
  }

 private:
  [[nodiscard]] Key key_of(std::span<const std::int64_t> part) const {
    const std::size_t rest = patching_.has_heads ? 5 : 4;
    Key key{.pair = part[0]};
    key.site.mode = static_cast<std::size_t>(part[1]);
    key.site.set = static_cast<std::size_t>(part[2]);
    key.site.layer = part[3];
    if (patching_.has_heads) key.site.head = part[4];
    key.site.step = part[rest];
    key.readout = static_cast<std::size_t>(part[rest + 1]);
    return key;
  }

  /// Indices below 0 have become large ones.
  void check(const Key& key, std::size_t row) const {
    const Site& site = key.site;
    const bool is_patched = site.layer >= 0;
    const bool is_known = key.pair >= 0 &&
                          static_cast<std::size_t>(key.pair) < patching_.pairs.size() &&
                          site.mode < patching_.modes.size() && site.set < patching_.sets.size() &&
                          key.readout < patching_.readouts.size() && site.layer >= clean_layer;
    if (!is_known)
      fail(row, "found pair, mode, set, layer or readout that plan.json does not have");
    if (!is_patched) return;
    if (!std::binary_search(patching_.layers.begin(), patching_.layers.end(), site.layer)) {
      fail(row, "found layer " + std::to_string(site.layer) + ", expected one of plan.json");
    }
    const std::int64_t steps = patching_.has_steps(site.set) ? patching_.positions : 1;
    if (site.step < 0 || site.step >= steps || site.head < 0) {
      fail(row, "found step " + std::to_string(site.step) + " of set " + patching_.sets[site.set] +
                    ", expected 0 to " + std::to_string(steps - 1));
    }
  }

  [[noreturn]] void fail(std::size_t row, const std::string& message) const {
    throw FormatError(file_.path(), "row " + std::to_string(row) + ": " + message);
  }

  const Patching& patching_;
  const shard::NpyFile& file_;
  std::size_t width_;
};

/// All reduced arrays of a shard, row by row.
std::vector<Row> read_rows(const shard::Run& run, std::int64_t shard, std::size_t count) {
  std::vector<Row> rows(count);
  const std::array<std::pair<const char*, double Row::*>, 6> arrays = {
      {{"kl", &Row::kl},
       {"reverse_kl", &Row::reverse_kl},
       {"prediction_changed", &Row::prediction_changed},
       {"l2", &Row::l2},
       {"token_score", &Row::token_score},
       {"token_log_probability", &Row::token_log_probability}}};
  for (const auto& [name, member] : arrays) {
    const shard::NpyFile file = run.array(name, shard);
    const auto values = file.view<double>();
    if (values.size() != count) {
      throw FormatError(file.path(), "found " + std::to_string(values.size()) + " rows, expected " +
                                         std::to_string(count) + " as its keys");
    }
    for (std::size_t row = 0; row < count; ++row) rows[row].*member = values[row];
  }
  return rows;
}

/// Rows by site, before it is known which sites there are.
struct Collected {
  std::map<Site, Rows> sites = {};
};

/// Where a row of that key belongs; nothing for a second copy of a run without a patch, which each
/// mode and set may hold.
std::optional<Row>* place_of(const Key& key, const Patching& patching, PairRows& pair,
                             Collected& collected) {
  const std::size_t readouts = patching.readouts.size();
  if (key.site.layer < 0) {
    Rows& rows = key.site.layer == clean_layer ? pair.clean : pair.unpatched;
    rows.resize(readouts);
    const bool is_copy = key.site.mode != 0 || key.site.set != 0;
    return rows[key.readout] && is_copy ? nullptr : &rows[key.readout];
  }
  Rows& rows = collected.sites[key.site];
  rows.resize(readouts);
  return &rows[key.readout];
}

/// A teacher-forced read-out of a token that the pair's answer does not have.
bool is_beyond(const Pair& pair, const Readout& readout) {
  if (readout.continuation == Continuation::clean) {
    return readout.index >= pair.clean.tokens.size();
  }
  return readout.continuation == Continuation::corrupted &&
         readout.index >= pair.corrupted.tokens.size();
}

void read_shard(const shard::Run& run, std::int64_t shard, Patching& patching,
                std::vector<Collected>& collected) {
  const shard::NpyFile file = run.keys("site", shard);
  const std::vector<Key> keys = KeyReader(patching, file).read();
  const std::vector<Row> rows = read_rows(run, shard, keys.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Key& key = keys[row];
    const auto pair = static_cast<std::size_t>(key.pair);
    const auto fail = [&](const std::string& message) {
      throw FormatError(file.path(), "row " + std::to_string(row) + ": " + message);
    };
    if (is_beyond(patching.pairs[pair], patching.readouts[key.readout])) {
      fail("found read-out " + patching.readouts[key.readout].name + " of pair " +
           id_text(patching.pairs[pair].id) + ", whose answer has fewer tokens");
    }
    std::optional<Row>* const place = place_of(key, patching, patching.rows[pair], collected[pair]);
    if (place == nullptr) continue;
    if (place->has_value()) fail("found the key of an earlier row, expected each once");
    const double changed = rows[row].prediction_changed;
    if (changed != 0.0 && changed != 1.0 && changed == changed) {
      fail("prediction_changed is neither 0 nor 1");
    }
    *place = rows[row];
  }
  if (!report::keeps_logits(run)) return;
  if (!patching.logits) patching.logits.emplace();
  check_logits(run, shard, patching, keys, rows, *patching.logits);
}

/// Are all read-outs there that the pair's answers have? After the unpatched run's greedy tokens it
/// is that run which says how many there are.
bool is_full(const Rows& rows, const Patching& patching, const Pair& pair, const Rows& unpatched) {
  for (std::size_t readout = 0; readout < patching.readouts.size(); ++readout) {
    const Readout& each = patching.readouts[readout];
    if (is_beyond(pair, each)) continue;
    const bool said = readout < unpatched.size() && unpatched[readout];
    if (each.continuation == Continuation::greedy && !said) continue;
    if (readout >= rows.size() || !rows[readout]) return false;
  }
  return true;
}

/// Puts the rows of every pair in the order of the sites; a pair is complete when it has them all.
void place_sites(Patching& patching, std::vector<Collected>& collected) {
  std::set<Site> sites;
  for (const Collected& pair : collected) {
    for (const auto& [site, rows] : pair.sites) sites.insert(site);
  }
  patching.sites.assign(sites.begin(), sites.end());
  for (std::size_t i = 0; i < patching.pairs.size(); ++i) {
    PairRows& pair = patching.rows[i];
    pair.complete = is_full(pair.unpatched, patching, patching.pairs[i], pair.unpatched) &&
                    is_full(pair.clean, patching, patching.pairs[i], {});
    pair.clean.resize(patching.readouts.size());
    pair.sites.reserve(patching.sites.size());
    for (const Site& site : patching.sites) {
      pair.sites.push_back(std::move(collected[i].sites[site]));
      const bool full = is_full(pair.sites.back(), patching, patching.pairs[i], pair.unpatched);
      pair.complete = pair.complete && (full || !patching.has_site(patching.pairs[i], site));
    }
  }
}

}  // namespace

std::optional<double> answer_number(const Side& side) {
  if (side.answer.is_number()) return side.answer.get<double>();
  return number_in(side.answer.get<std::string>());
}

std::size_t Patching::complete_pairs() const {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const PairRows& pair) { return pair.complete; }));
}

std::string id_text(const nlohmann::ordered_json& id) {
  return id.is_string() ? id.get<std::string>() : id.dump();
}

ShortGreedy Patching::short_greedy() const {
  ShortGreedy found;
  for (const PairRows& pair : rows) {
    if (!pair.complete) continue;
    std::size_t absent = 0;
    for (std::size_t readout = 0; readout < readouts.size(); ++readout) {
      if (readouts[readout].continuation != Continuation::greedy) continue;
      ++found.readouts;
      absent += pair.unpatched[readout] ? 0U : 1U;
    }
    found.missing += absent;
    found.pairs += absent > 0 ? 1U : 0U;
  }
  return found;
}

bool Patching::has_site(const Pair& pair, const Site& site) const {
  const std::string& set = sets[site.set];
  if (has_steps(site.set)) return site.step < pair.sites;
  const std::size_t colon = set.find(':');  // first:N and last:N
  return colon == std::string::npos || std::stoll(set.substr(colon + 1)) <= pair.sites;
}

bool Patching::has_steps(std::size_t set) const {
  return sets[set] == "single" || sets[set] == "prefix" || sets[set] == "suffix";
}

Patching read_run(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run run = shard::Run::open(path, reading);
  Patching patching = planned(run);
  patching.missing = run.missing();
  patching.rows.resize(patching.pairs.size());
  std::vector<Collected> collected(patching.pairs.size());
  for (const std::int64_t shard : run.shards()) read_shard(run, shard, patching, collected);
  place_sites(patching, collected);
  read_texts(path, patching);
  patching.memory = peak_memory(path);
  for (std::size_t i = 0; i < patching.pairs.size() && run.complete(); ++i) {
    if (patching.rows[i].complete) continue;
    throw FormatError(path, "pair " + id_text(patching.pairs[i].id) +
                                ": rows are missing, expected every site and read-out that other "
                                "pairs have, as no shard is missing");
  }
  return patching;
}

}  // namespace phiscope::analyze::patching
