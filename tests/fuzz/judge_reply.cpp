// SPDX-License-Identifier: MIT
#include "judge/judgement.hpp"
#include "target.hpp"

#include <charconv>

namespace phiscope::fuzz {
namespace {

/// Status and Retry-After in the first line, then the body: "429 2.5\n{}".
judge::Response response_of(std::string_view text) {
  judge::Response response;
  response.status = 200;
  const std::string_view line = take_line(text);
  const auto end = std::from_chars(line.data(), line.data() + line.size(), response.status).ptr;
  const std::string_view rest = line.substr(static_cast<std::size_t>(end - line.data()));
  if (rest.starts_with(' ')) response.retry_after = std::string(rest.substr(1));
  response.body = text;
  return response;
}

}  // namespace

bool try_judge_reply(std::string_view input) {
  const judge::Response response = response_of(input);
  const judge::Reply reply = judge::read_reply(response);
  if (reply.outcome == judge::Outcome::verdict) {
    require(response.status == 200, "judge: a verdict of an error");
    require(response.body.find("distinct") != std::string::npos ||
                response.body.find('\\') != std::string::npos,
            "judge: a verdict nobody gave");
  } else {
    require(!reply.distinct && !reply.why.empty(), "judge: neither a verdict nor a reason");
  }
  if (response.retry_after) {
    const auto seconds = judge::retry_after_seconds(*response.retry_after, 1'700'000'000);
    require(!seconds || *seconds >= 0.0, "judge: a wait into the past");
  }
  // What is noted of it can be read again.
  const judge::Judgement noted{.id = "0",
                               .request = "r",
                               .is_verdict = reply.outcome == judge::Outcome::verdict,
                               .distinct = reply.distinct,
                               .answered = true,
                               .reason = reply.why,
                               .asked_model = "m",
                               .model = reply.model,
                               .provider = reply.provider,
                               .response = reply.id,
                               .usage = reply.usage};
  const std::string line = judgement_line(noted);
  const auto again =
      read_again([&] { return judge::parse_judgements(line + "\n", "judgements.jsonl", true); });
  require(again.size() == 1 && judgement_line(again[0]) == line,
          "judge: a line that does not come back");
  return reply.outcome == judge::Outcome::verdict;
}

}  // namespace phiscope::fuzz
