// SPDX-License-Identifier: MIT
#include "tiny_thinker.hpp"

#include <sstream>

using namespace phiscope::test;

namespace {

/// Token ids of each run, by the run's key.
std::map<RowKey, std::vector<int>> generated_by_run(const PatchingRun& run) {
  std::map<RowKey, std::vector<int>> by_run;
  for (const auto& [key, id] : run.rows("generated_ids", "generated")) {
    std::vector<int>& ids = by_run[RowKey(key.begin(), key.end() - 1)];
    CHECK(key.back() == std::ssize(ids));
    ids.push_back(static_cast<int>(id.at(0)));
  }
  return by_run;
}

/// A text by the table that the tokenizer was made of; <u>, <s> and </s> are no text.
std::string text_of_ids(const std::vector<int>& ids) {
  std::string text;
  for (const int id : ids) {
    if (id >= 3) text += thinker_characters.at(static_cast<std::size_t>(id) - 3);
  }
  return text;
}

}  // namespace

TEST_CASE("the text of each run is that of its tokens", "[generated_texts]") {
  const ThinkerFolder folder;
  const PatchingRun probe = folder.run("probe", "--max-new-tokens 8 --readouts eot");
  const auto spoken = generated_by_run(probe);
  CHECK(spoken.size() == 3 * (2 + 2 * 3));
  for (const auto& [key, ids] : spoken) CHECK(ids.size() <= 8);
  const std::string readouts = GENERATE(as<std::string>{}, "eot", "eot,answer,greedy:2");
  const PatchingRun run = folder.run("run", "--max-new-tokens 8 --readouts " + readouts);
  const auto ids = generated_by_run(run);
  CHECK(ids == spoken);  // whatever else is read
  std::istringstream lines(read_text(folder.path() / "run/generated_texts.jsonl"));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto found = nlohmann::json::parse(line);
    CAPTURE(line);
    CHECK(found.at("text") == text_of_ids(ids.at(found.at("key").get<RowKey>())));
  }
  CHECK(count == ids.size());
}

TEST_CASE("a free answer is the likeliest tokens, and ends with the end", "[generated_texts]") {
  const ThinkerFolder folder;
  const auto end_with = [&](std::int64_t id) {
    TinyLatent other = thinker();
    other.codi["eos_id"] = id;
    other.config["eos_token_id"] = id;
    other.write(folder.model());
  };
  end_with(thinker_base);  // the pad, which no run says: no text ends
  const std::string options = "--max-new-tokens 6 --dump-logits --dtype float64 --readouts ";
  const PatchingRun run = folder.run("run", options + "eot,greedy:3");
  const StoredRows logits = run.rows("logits");
  const auto ids = generated_by_run(run);
  const std::vector<int> said = ids.at({0, 0, 0, -1, 0});
  const auto likeliest = [&](const std::string& readout) {
    const auto& row = logits.at({0, 0, 0, -1, 0, run.readout(readout)});
    // The pad and what begins or ends thoughts cannot be said.
    return static_cast<int>(std::max_element(row.begin(), row.begin() + thinker_base) -
                            row.begin());
  };
  CHECK(said.at(0) == likeliest("eot"));
  REQUIRE(said.size() == 6);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(said.at(i + 1) == likeliest("greedy:" + std::to_string(i)));
  }
  // The second token that the corrupted run says becomes the end of every text.
  const int end = said.at(1);
  end_with(end);
  const auto shorter = generated_by_run(folder.run("shorter", options + "eot"));
  std::size_t ended = 0;
  for (const auto& [key, whole] : ids) {
    const auto first = std::ranges::find(whole, end);
    const std::vector<int> wanted(whole.begin(), first == whole.end() ? first : first + 1);
    CAPTURE(key);
    CHECK(shorter.at(key) == wanted);
    ended += first == whole.end() ? 0 : 1;
  }
  CHECK(ended > 0);
}
