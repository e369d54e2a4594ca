"""Reviewers who call the API's function directly."""

from infra.local.stage.stage import LocalStage
from tests.e2e.api_caller import ApiCaller, ApiResponse, Json


class Reviewer(ApiCaller):
    """One signed-in reviewer or lead; not thread-safe."""

    def __init__(self, stage: LocalStage, name: str, *, groups: str = "reviewers") -> None:
        super().__init__(
            stage,
            name,
            function=stage.outputs["ReviewsFunction"],
            scope="scones/review scones/lead",
            groups=groups,
        )

    def next(self) -> Json | None:
        response = self.post("/reviews/next", {})
        assert response.status == 200, response
        review: Json | None = response.body["review"]
        return review

    def verdict(self, review: Json, verdict: str, *, key: str | None = None) -> ApiResponse:
        body = {
            "lease_id": review["lease_id"],
            "decision_seq": review["decision_seq"],
            "verdict": verdict,
        }
        return self.post(f"/reviews/{review['photo_id']}/verdict", body, key=key)
