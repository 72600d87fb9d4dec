// SPDX-License-Identifier: MIT
// Runs of `extract steps` on the tiny model of latent thoughts.
#pragma once

#include "extract/patching/tiny_thinker.hpp"

namespace phiscope::test {

/// Kinds of step sets, as the key of a row has them.
enum Kind : std::int64_t { baseline, cumulative, single, leave_one, all_steps, early_exit };

/// A problem with as many steps as its answer has.
inline nlohmann::json problem_of(const std::string& id, const std::string& question, int answer,
                                 int steps) {
  std::string text;
  for (int i = 0; i < steps; ++i) text += "<<1+1=2>>2\n";
  return {{"id", id}, {"question", question}, {"answer", text + "#### " + std::to_string(answer)}};
}

/// Ten problems of 2 to 6 steps; the seventh has no number as its answer.
inline nlohmann::json thinker_problems() {
  nlohmann::json problems = nlohmann::json::array();
  for (int i = 0; i < 10; ++i) {
    problems.push_back(problem_of("p" + std::to_string(i), std::to_string(i * i) + " eggs less 3?",
                                  7 * i, 2 + i % 5));
  }
  problems[6]["answer"] = "#### none";
  return problems;
}

inline std::string steps_call(const std::filesystem::path& model,
                              const std::filesystem::path& problems,
                              const std::filesystem::path& out, const std::string& more) {
  return "steps --model '" + model.string() + "' --problems '" + problems.string() + "' --out '" +
         out.string() + "' " + more;
}

/// A folder with a thinker, its problems, and runs of both.
class StepsFolder {
 public:
  StepsFolder() {
    write_thinker(model());
    write(thinker_problems());
  }
  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }
  [[nodiscard]] std::filesystem::path model() const { return path() / "model"; }
  [[nodiscard]] std::filesystem::path problems() const { return path() / "problems.json"; }
  void write(const nlohmann::json& list) const { write_text(problems(), list.dump()); }
  [[nodiscard]] std::string call(const std::string& name, const std::string& more) const {
    const bool says = more.find("--max-new-tokens") != std::string::npos;
    return steps_call(model(), problems(), path() / name,
                      more + (says ? "" : " --max-new-tokens 6"));
  }
  PatchingRun run(const std::string& name, const std::string& more) const {
    const Finished done = extract(call(name, more), path());
    CAPTURE(more, done.err);
    REQUIRE(done.status == 0);
    return PatchingRun(path() / name);
  }

 private:
  TempDir dir_;
};

inline StoredRows step_rows(const PatchingRun& run, const std::string& array) {
  return run.rows(array, "step_set");
}

}  // namespace phiscope::test
