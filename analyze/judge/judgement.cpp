// SPDX-License-Identifier: MIT
#include "judge/judgement.hpp"

#include "judge/lines.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_object.hpp"

namespace phiscope::judge {

using Json = nlohmann::ordered_json;

std::string judgement_line(const Judgement& judgement) {
  const Json line = {{"id", judgement.id},
                     {"request", judgement.request},
                     {"status", judgement.is_verdict ? "ok" : "missing"},
                     {"distinct", judgement.is_verdict ? Json(judgement.distinct) : Json(nullptr)},
                     {"answered", judgement.answered},
                     {"reason", judgement.reason},
                     {"asked_model", judgement.asked_model},
                     {"model", judgement.model},
                     {"provider", judgement.provider},
                     {"response", judgement.response},
                     {"usage", judgement.usage}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Judgement> read_judgements(const std::filesystem::path& file, bool may_be_cut) {
  if (!std::filesystem::exists(file)) return {};
  return parse_judgements(shard::MappedFile(file).text(), file, may_be_cut);
}

std::vector<Judgement> parse_judgements(std::string_view text, const std::filesystem::path& file,
                                        bool may_be_cut) {
  std::vector<Judgement> judgements;
  for_each_object(text, file, may_be_cut, [&](const Json& line, const std::string& place) {
    const shard::JsonObject object(line, place, file);
    object.allow_only({"id", "request", "status", "distinct", "answered", "reason", "asked_model",
                       "model", "provider", "response", "usage"});
    Judgement judgement{.id = object.text("id"),
                        .request = object.text("request"),
                        .reason = object.text("reason"),
                        .asked_model = object.text("asked_model"),
                        .model = object.text("model"),
                        .provider = object.text("provider"),
                        .response = object.text("response"),
                        .usage = object.member("usage")};
    const std::string status = object.text("status");
    if (status != "ok" && status != "missing") object.refuse("status", R"("ok" or "missing")");
    judgement.is_verdict = status == "ok";
    const Json& distinct = object.member("distinct");
    if (judgement.is_verdict != distinct.is_boolean()) {
      object.refuse("distinct", "true or false where status is \"ok\", else null");
    }
    judgement.distinct = judgement.is_verdict && distinct.get<bool>();
    const Json& answered = object.member("answered");
    if (!answered.is_boolean()) object.refuse("answered", "true or false");
    judgement.answered = answered.get<bool>();
    judgements.push_back(std::move(judgement));
  });
  return judgements;
}

}  // namespace phiscope::judge
