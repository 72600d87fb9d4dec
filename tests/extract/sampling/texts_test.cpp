// SPDX-License-Identifier: MIT
#include "sampling_folder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace phiscope::test;

namespace {

/// The largest difference of two sets of rows, in units of 1 or the largest value.
double apart(const StoredRows& found, const StoredRows& wanted) {
  double scale = 1.0;
  double worst = 0.0;
  for (const auto& [key, values] : wanted) {
    const std::vector<double>& others = found.at(key);
    REQUIRE(others.size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      scale = std::max(scale, std::abs(values[i]));
      worst = std::max(worst, std::abs(values[i] - others[i]));
    }
  }
  return worst / scale;
}

/// What a run generated, as a file of texts; `temperatures` are those of the run.
std::string lines_of(const PatchingRun& run, const std::vector<double>& temperatures) {
  std::string lines;
  for (const auto& [key, ids] : generated_of(run)) {
    lines += nlohmann::json{
        {"problem", "words-00" + std::to_string(key[0])},
        {"temperature", temperatures[static_cast<std::size_t>(key[1])]},
        {"sample", key[2]},
        {"continuation_ids",
         ids}}.dump();
    lines += "\n";
  }
  return lines;
}

std::string named(const std::filesystem::path& file) {
  return " --texts '" + file.string() + "' ";
}

}  // namespace

TEST_CASE("texts that a run generated have the latents of that run", "[texts]") {
  const SamplingFolder folder;
  const std::filesystem::path file = folder.path() / "given.jsonl";
  const std::string drawn = "--temperatures 0,0.8 ";
  const PatchingRun run = folder.run("run", "variance", drawn);
  write_text(file, lines_of(run, {0.0, 0.8}));
  const PatchingRun given = folder.run("given", "variance", named(file));
  const StoredRows wanted = run.rows("latent", "pooled");
  const StoredRows found = given.rows("latent", "pooled");
  REQUIRE(found.size() == wanted.size());
  CHECK(apart(found, wanted) <= 1e-5);
  const nlohmann::json plan =
      nlohmann::json::parse(read_text(folder.path() / "given/variance/plan.json"));
  CHECK(plan.at("texts") == true);
  CHECK(plan.at("options").at("texts").get<std::string>().size() == 64);
  CHECK(plan.at("temperatures") == nlohmann::json{0.0, 0.8});
  CHECK(plan.at("samples") == 3);

  // The texts themselves, with their lengths.
  std::istringstream told(read_text(folder.path() / "given/variance/texts.jsonl"));
  std::istringstream said(read_text(folder.path() / "run/variance/generated_texts.jsonl"));
  const auto solutions = generated_of(run);
  std::string line;
  std::string other;
  std::size_t lines = 0;
  while (std::getline(told, line) && std::getline(said, other)) {
    const auto text = nlohmann::json::parse(line);
    CHECK(text.at("key") == nlohmann::json::parse(other).at("key"));
    CHECK(text.at("text") == nlohmann::json::parse(other).at("text"));
    CHECK(text.at("tokens") == solutions.at(text.at("key").get<RowKey>()).size());
    ++lines;
  }
  CHECK(lines == solutions.size());

  // Clustering takes those of its temperature, pooled to their end.
  const PatchingRun clustering = folder.run("given", "clustering", named(file));
  CHECK(clustering.details().at("temperatures") == nlohmann::json{0.8});
  const StoredRows ends = clustering.rows("latent", "pooled");
  const auto longest = clustering.details().at("checkpoints").at(0).get<std::int64_t>();
  std::size_t compared = 0;
  for (const auto& [key, values] : ends) {
    CHECK(key[3] == longest);
    const std::vector<double>& whole = wanted.at({key[0], 1, key[2], 40});
    for (std::size_t i = 0; i < values.size(); ++i) {
      CHECK(std::abs(values[i] - whole[i]) <= 1e-5 * std::max(1.0, std::abs(whole[i])));
    }
    ++compared;
  }
  CHECK(compared == 6);
}

TEST_CASE("the analysis gives given texts the numbers of the run that generated them", "[texts]") {
  const SamplingFolder folder;
  const std::filesystem::path file = folder.path() / "given.jsonl";
  const PatchingRun run = folder.run("run", "variance", "--temperatures 0.5,0.8 ");
  write_text(file, lines_of(run, {0.5, 0.8}));
  folder.run("given", "variance", named(file));
  folder.run("all", "variance", "--temperatures 0.5,0.8 --pooling-window 100");
  const auto numbers = [&](const std::string& name) {
    const std::filesystem::path report = folder.path() / (name + "-report");
    const Finished done = run_shell(program("analyze-sampling") + " '" +
                                        (folder.path() / name / "variance").string() + "' --out '" +
                                        report.string() + "' --no-figures --bootstrap 20",
                                    folder.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    std::vector<std::string> cells;
    std::istringstream table(read_text(report / "variance.csv"));
    for (std::string line; std::getline(table, line);) {
      std::istringstream row(line);
      for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    }
    return cells;
  };
  const std::vector<std::string> wanted = numbers("run");
  CHECK(wanted.size() > 500);
  for (const char* name : {"given", "all"}) {  // a window of all tokens changes nothing either
    const std::vector<std::string> found = numbers(name);
    REQUIRE(found.size() == wanted.size());
    std::size_t compared = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      char* end = nullptr;
      const double value = std::strtod(wanted[i].c_str(), &end);
      if (end == wanted[i].c_str() || *end != '\0') {
        CHECK(found[i] == wanted[i]);
        continue;
      }
      CHECK(std::stod(found[i]) == Approx(value).epsilon(1e-4).margin(1e-6));
      ++compared;
    }
    CHECK(compared > 300);
  }
}

TEST_CASE("with a window the last tokens are averaged, given or generated", "[texts]") {
  const SamplingFolder folder;
  const std::filesystem::path file = folder.path() / "given.jsonl";
  const std::string window = "--temperatures 0,0.8 --pooling-window 2 ";
  const PatchingRun run = folder.run("run", "variance", window);
  write_text(file, lines_of(run, {0.0, 0.8}));
  const StoredRows given =
      folder.run("given", "variance", window + named(file)).rows("latent", "pooled");
  const StoredRows tokens = run.rows("latent", "pooled");
  // Each row of the run is one token: that of a run which averages from the first token to the last
  // of a window, times their number, less the tokens before.
  const auto solutions = generated_of(run);
  std::size_t compared = 0;
  for (const auto& [key, ids] : solutions) {
    for (const int checkpoint : {8, 16, 40}) {
      const int pooled = std::min(checkpoint, static_cast<int>(ids.size())) / 4;
      if (pooled == 0) continue;
      std::vector<double> mean;
      const int first = std::max(1, pooled - 1);
      for (int nth = first; nth <= pooled; ++nth) {
        const std::vector<double>& row = tokens.at({key[0], key[1], key[2], 4 * nth});
        mean.resize(row.size(), 0.0);
        for (std::size_t i = 0; i < row.size(); ++i) mean[i] += row[i] / (pooled - first + 1);
      }
      const RowKey row{key[0], key[1], key[2], checkpoint};
      CAPTURE(row, pooled);
      REQUIRE(given.contains(row));
      CHECK(apart({{row, given.at(row)}}, {{row, mean}}) <= 1e-5);
      ++compared;
    }
  }
  CHECK(compared == given.size());
  CHECK(compared > 20);
}

TEST_CASE("texts may be text, of some problems, and too short", "[texts]") {
  const SamplingFolder folder(3);
  const std::filesystem::path file = folder.path() / "given.jsonl";
  write_text(file,
             R"([{"id": "words-001", "sample": 4, "text": "There are 9 - 3 = 6 balloons."},
                 {"problem_id": "words-000", "sample": 0, "text": ""},
                 {"problem": "words-005", "sample": 0, "text": "left out"}])");
  const PatchingRun run = folder.run("given", "variance", "--temperatures 0.3" + named(file));
  const auto& details = run.details();
  CHECK(details.at("temperatures") == nlohmann::json{0.3});
  CHECK(details.at("samples") == 5);
  CHECK(details.at("texts_left_out") == 1);
  CHECK(details.at("dropped") ==
        nlohmann::json::parse(R"([{"problem_id": "words-002", "status": "no_text"}])"));
  const StoredRows rows = run.rows("latent", "pooled");
  REQUIRE(rows.size() == 3);
  for (const int checkpoint : {8, 16, 40}) CHECK(rows.contains({1, 0, 4, checkpoint}));
  const std::string said = read_text(folder.path() / "given/variance/texts.jsonl");
  CHECK_THAT(said, Contains(R"({"key":[0,0,0],"text":"","tokens":0})"));
  CHECK(std::ranges::count(said, '\n') == 2);
}

TEST_CASE("texts that cannot be used are named with their line", "[texts]") {
  const SamplingFolder folder;
  const std::filesystem::path file = folder.path() / "given.jsonl";
  const std::string good =
      R"({"problem": "words-000", "temperature": 1, "sample": 0, "continuation_ids": [5, 6]})"
      "\n";
  const auto refused = [&](const std::string& line, const std::string& reason,
                           const std::string& steps = "variance") {
    write_text(file, good + line + "\n");
    const Finished done = folder.extracted("refused", "--steps " + steps + named(file));
    CAPTURE(line, done.err);
    CHECK(done.status == 1);
    CHECK(std::ranges::count(done.err, '\n') == 1);
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "refused"));
  };
  const auto with = [](const std::string& key, const nlohmann::json& value) {
    nlohmann::json line{
        {"problem", "words-001"}, {"temperature", 1}, {"sample", 0}, {"continuation_ids", {5, 6}}};
    line[key] = value;
    return line.dump();
  };
  refused(with("problem", "words-9"), "given.jsonl:2: no problem has the id 'words-9'");
  refused(good, "given.jsonl:2: problem words-000, temperature and sample are those of");
  refused(with("continuation_ids", {5, 100000}), "given.jsonl:2: continuation_ids has 100000");
  refused(with("continuation_ids", {-1}), "has -1, expected token ids from 0 to");
  refused(with("continuation_ids", nlohmann::json()),
          "given.jsonl:2: text is missing, expected the solution, or");
  refused(with("continuation_ids", std::vector<int>(2000, 5)),
          "given.jsonl:2: problem words-001: ");
  refused(with("temperature", nlohmann::json()),
          "given.jsonl:2: temperature is null, expected a number");
  refused(with("temperature", -1), "given.jsonl:2: temperature is -1, expected a number from 0");
  refused(with("sample", 0.5), "given.jsonl:2: sample is 0.5, expected an integer");
  refused(with("problem", nlohmann::json()), "given.jsonl:2: problem is null");
  for (const char* step : {"manifold", "sensitivity", "attribution"}) {
    refused(with("sample", 1), "--texts: found the step " + std::string(step) + ", which generates",
            "variance," + std::string(step));
  }
  refused(with("sample", 1), "no text that the step clustering can use", "clustering");
}
