// SPDX-License-Identifier: MIT
#include "patching/group.hpp"

#include "catch.hpp"
#include "plan/sharing.hpp"

#include <map>

using namespace phiscope::extract;

namespace {

using Key = std::vector<std::int64_t>;

/// Questions of five and four tokens, two thoughts; answers "9 1" and "9 2 3" whose first token is
/// the same.
PatchPair small_pair() {
  PatchPair pair;
  pair.id = "4";
  pair.clean.tokens = {1, 2, 3, 4, 50};
  pair.clean.first_site = 5;
  pair.clean.target = {1};
  pair.corrupted.tokens = {1, 2, 9, 50};
  pair.corrupted.first_site = 4;
  pair.corrupted.target = {2, 3};
  pair.clean.forced = {9, 1};
  pair.corrupted.forced = {9, 2, 3};
  pair.sites = 2;
  pair.first_scored = 1;
  return pair;
}

PatchLayout small_layout() {
  PatchLayout layout;
  layout.modes = {PatchMode::rerun, PatchMode::frozen};
  layout.sets = {*parse_site_set("single"), *parse_site_set("layer")};
  layout.layers = {1};
  layout.latents = 2;
  layout.after = {60};
  layout.answers = true;
  layout.greedy = 2;
  layout.free = true;
  layout.keep_clean = true;
  layout.readouts = readout_names({small_pair()}, layout);
  return layout;
}

/// Every row: its key, and the run that holds it.
std::map<Key, const Run*> rows_of(const Group& group) {
  std::map<Key, const Run*> rows;
  for (const Run& run : group.runs) {
    for (const Row& row : run.rows) {
      if (row.space == 0) CHECK(rows.emplace(row.key, &run).second);
    }
  }
  return rows;
}

const Row& row_of(const Run& run, const Key& key) {
  for (const Row& row : run.rows) {
    if (row.key == key) return row;
  }
  throw std::runtime_error("no such row");
}

}  // namespace

TEST_CASE("read-outs are numbered by their names, up to the longest answer", "[group]") {
  CHECK(small_layout().readouts == std::vector<std::string>{"eot", "eot:corrupted", "greedy:0",
                                                            "greedy:1", "clean:0", "corrupted:0",
                                                            "corrupted:1"});
  PatchLayout plain;
  CHECK(readout_names({small_pair()}, plain) == std::vector<std::string>{"eot", "eot:corrupted"});
}

TEST_CASE("every subject has every read-out, at the position that predicts its token", "[group]") {
  const PatchPair pair = small_pair();
  const PatchLayout layout = small_layout();
  const Group group = PatchGroup(pair, 7, layout).make();
  const std::map<Key, const Run*> rows = rows_of(group);
  // Baselines and, for two modes, two single patches and one of the layer: eight subjects.
  CHECK(rows.size() == 8 * layout.readouts.size());
  const auto check = [&](Key key, int readout, int position, const std::vector<int>& targets) {
    key.push_back(readout);
    CAPTURE(key);
    const Row& row = row_of(*rows.at(key), key);
    REQUIRE(row.spans.size() == 1);
    CHECK(row.spans[0] == Span{position, position + 1});
    CHECK(row.targets == targets);
  };
  const auto check_all = [&](const Key& key, int eot) {
    check(key, 0, eot, {1});
    check(key, 1, eot, {2, 3});
    check(key, 2, eot + 1, {1});
    check(key, 3, eot + 2, {1});
    check(key, 4, eot + 1, {1});  // after the 9 that both answers begin with
    check(key, 5, eot + 1, {2});
    check(key, 6, eot + 2, {3});
  };
  check_all({7, 0, 0, -1, 0}, 4 + 2);
  check_all({7, 0, 0, -2, 0}, 5 + 2);
  for (const std::int64_t mode : {0, 1}) {
    check_all({7, mode, 0, 1, 0}, 4 + 2);
    check_all({7, mode, 0, 1, 1}, 4 + 2);
    check_all({7, mode, 1, 1, 0}, 4 + 2);
  }
}

TEST_CASE("a patch takes the clean run's values at its layer and steps", "[group]") {
  const PatchPair pair = small_pair();
  const Group group = PatchGroup(pair, 0, small_layout()).make();
  const std::map<Key, const Run*> rows = rows_of(group);
  const Run& clean = *rows.at({0, 0, 0, -2, 0, 0});
  const auto number = static_cast<std::size_t>(&clean - group.runs.data());
  const auto check = [&](const Key& key, const std::vector<int>& to, const std::vector<int>& of,
                         bool frozen) {
    const Run& run = *rows.at(key);
    CHECK(run.tokens == pair.corrupted.tokens);
    CHECK(run.latents == Latents{.count = 2, .frozen = frozen});
    REQUIRE(run.actions.size() == 1);
    CHECK(*run.actions.begin() ==
          Action(Patch{.site = {.layer = 1, .positions = to}, .from = {number, of}}));
  };
  check({0, 0, 0, 1, 1, 0}, {5}, {6}, false);
  check({0, 1, 0, 1, 0, 0}, {4}, {5}, true);
  check({0, 1, 1, 1, 0, 6}, {4, 5}, {5, 6}, true);
  CHECK(clean.tokens == pair.clean.tokens);
  // Kept for later runs: the clean values at the thoughts.
  std::vector<Span> kept;
  for (const Row& row : clean.rows) {
    if (row.space == 1) kept.push_back(row.spans.front());
  }
  CHECK(kept == std::vector<Span>{{5, 6}, {6, 7}});
}

TEST_CASE("runs are compared with the corrupted run that is given the same answer", "[group]") {
  const Group group = PatchGroup(small_pair(), 0, small_layout()).make();
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    const Run& run = group.runs[r];
    if (run.rows.empty()) continue;
    const Run& against = group.runs.at(run.against);
    CAPTURE(r);
    CHECK(run.against <= r);
    CHECK(against.key[3] == -1);
    CHECK(against.after == run.after);
    CHECK(against.quote.tokens == run.quote.tokens);
    CHECK(against.rows.size() <= run.rows.size());
    CHECK(run.origin == latents_end(run));  // the position of the end of the thoughts
  }
}

TEST_CASE("other donors act otherwise", "[group]") {
  PatchLayout layout = small_layout();
  const auto action = [&](PatchDonor donor) {
    layout.donor = donor;
    const Group group = PatchGroup(small_pair(), 0, layout).make();
    return *rows_of(group).at({0, 0, 0, 1, 1, 0})->actions.begin();
  };
  const Site site{.layer = 1, .positions = {5}};
  CHECK(action(PatchDonor::zero) == Action(Zero{site}));
  layout.donor_row = {{8, 9}};
  layout.noise = 0.5;
  const Source row{.run = donor_rows, .positions = {9}};
  CHECK(action(PatchDonor::mean) == Action(Patch{site, row}));
  CHECK(action(PatchDonor::resample) == Action(Patch{site, row}));
  CHECK(action(PatchDonor::noise) == Action(Add{.site = site, .from = row, .scale = 0.5}));
}

TEST_CASE("each head is patched alone where heads are", "[group]") {
  PatchLayout layout = small_layout();
  layout.hook = Hook::z;
  layout.heads = 3;
  const Group group = PatchGroup(small_pair(), 0, layout).make();
  const std::map<Key, const Run*> rows = rows_of(group);
  CHECK(rows.size() == (2 + 2 * 3 * 3) * layout.readouts.size());
  const Action action = *rows.at({0, 0, 0, 1, 2, 1, 0})->actions.begin();
  CHECK(std::get<Patch>(action).site.head == 2);
  CHECK(std::get<Patch>(action).site.hook == Hook::z);
}

TEST_CASE("what a sweep computes once is what its runs have in common", "[group]") {
  // One thought each of 6, 16 layers, a question of 80 with bot: the count of the documentation.
  PatchPair pair = small_pair();
  pair.clean.tokens.assign(80, 3);
  pair.corrupted.tokens.assign(80, 4);
  pair.clean.first_site = pair.corrupted.first_site = 80;
  pair.sites = 6;
  PatchLayout layout;
  layout.modes = {PatchMode::rerun};
  layout.sets = {*parse_site_set("single")};
  for (int layer = 0; layer < 16; ++layer) layout.layers.push_back(layer);
  layout.latents = 6;
  layout.after = {60};
  layout.readouts = readout_names({pair}, layout);
  const std::vector<Group> groups{PatchGroup(pair, 0, layout).make()};
  const TokenCount count = count_tokens(groups, 16);
  CHECK(count.runs == 98);
  CHECK(count.token_layers_alone == 98 * 87 * 16);
  // Two runs whole; of a patch the blocks above it, then the thoughts and the end after it.
  std::uint64_t shared = 2 * 87 * 16;
  for (std::uint64_t layer = 0; layer < 16; ++layer) {
    for (std::uint64_t step = 0; step < 6; ++step) shared += (15 - layer) + (6 - step) * 16;
  }
  CHECK(count.token_layers_shared == shared);
  CHECK(static_cast<double>(count.token_layers_alone) / static_cast<double>(shared) > 15.0);
}
