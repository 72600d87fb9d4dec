// SPDX-License-Identifier: MIT
#include "sampling_folder.hpp"

#include <sstream>

using namespace phiscope::test;

namespace {

/// Exit 1, one error line with the reason, and no run.
void refused(const SamplingFolder& folder, const std::string& options, const std::string& reason) {
  const Finished done = folder.extracted("refused", options);
  CAPTURE(options, done.err);
  CHECK(done.status == 1);
  CHECK(done.out.empty());
  CHECK(std::ranges::count(done.err, '\n') == 1);
  CHECK_THAT(done.err, Catch::Matchers::StartsWith("error: ") && Contains(reason));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "refused"));
}

}  // namespace

TEST_CASE("options of sampling that contradict each other are refused", "[bad_input]") {
  const SamplingFolder folder;
  refused(folder, "--steps 8", "--steps: found '8', expected some of variance");
  refused(folder, "--temperatures=-1", "--temperatures: found -1");
  refused(folder, "--temperatures 0.5,0.5", "--temperatures: found 0.500000 twice");
  refused(folder, "--temperatures 0.12345", "at most three decimals");
  refused(folder, "--target-layer 4", "--target-layer: found 4, expected a layer from 0 to 3");
  refused(folder, "--layers 1,2 --target-layer 3", "--target-layer: found 3, expected one of");
  refused(folder, "--prefix-share 1", "--prefix-share: found 1");
  refused(folder, "--top-p 0", "top_p: found 0");
}

TEST_CASE("problems and solutions that cannot be used are named", "[bad_input]") {
  const SamplingFolder folder;
  write_text(folder.path() / "oracle.jsonl", R"({"id": "other", "solution": "5"})"
                                             "\n");
  const std::string oracle = (folder.path() / "oracle.jsonl").string();
  const auto with = [&](const std::string& file) {
    // The last of two values is not taken: the call is made anew.
    std::string call = folder.call("refused", "--steps manifold");
    const std::string known = SamplingFolder::problems().string();
    call.replace(call.find("--oracle '") + 10, known.size(), file);
    return extract(call, folder.path());
  };
  const Finished none = with(oracle);
  CHECK(none.status == 1);
  CHECK_THAT(none.err, Contains("a solution of none of 2 problems") && Contains("no_oracle"));
  write_text(folder.path() / "oracle.jsonl", R"({"id": "words-000", "solution": "5"})"
                                             "\n"
                                             R"({"id": "words-000", "solution": "5"})");
  CHECK_THAT(with(oracle).err, Contains("the id 'words-000' twice"));
  write_text(folder.path() / "template", "no place");
  refused(folder, "", "--prompt-template: found no {problem}");
}

TEST_CASE("a solution without its reasoning, its reasoning, or both", "[bad_input]") {
  const SamplingFolder folder(1);
  const std::string id = R"({"id": "words-000", "solution": )";
  const auto tokens = [&](const std::string& text, const std::string& part) {
    write_text(folder.path() / "oracle.jsonl", id + nlohmann::json(text).dump() + "}");
    std::string call = folder.call("run", "--steps manifold --oracle-part " + part);
    const std::string known = SamplingFolder::problems().string();
    call.replace(call.find("--oracle '") + 10, known.size(),
                 (folder.path() / "oracle.jsonl").string());
    std::filesystem::remove_all(folder.path() / "run");
    const Finished done = extract(call, folder.path());
    CAPTURE(done.err);
    if (done.status != 0) return -1;
    return PatchingRun(folder.path() / "run/manifold").details().at("oracle_tokens")[0].get<int>();
  };
  const std::string solution = "There are 9-3=<<9-3=6>>6 balloons in the library.\n#### 6";
  const int plain = tokens(solution, "solution");
  CHECK(plain > 20);
  CHECK(tokens("<think>There are 6 balloons.</think>\n" + solution, "solution") == plain);
  CHECK(tokens("<think>There are 6 balloons.</think>\n" + solution, "all") > plain);
  CHECK(tokens("<think>There are 6 balloons.</think>\n" + solution, "reasoning") < plain);
  CHECK(tokens("<think>There are 6 balloons in the", "solution") == -1);  // cut off before it
}
