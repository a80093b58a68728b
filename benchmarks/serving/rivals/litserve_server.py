"""LitServe with our scorer; run by the Python of its own environment."""

import litserve
import scorer
from become import port

Record = dict[str, object]


class Churn(litserve.LitAPI):
    """Decode, predict, encode: the four hooks of LitServe."""

    def setup(self, _device: str) -> None:
        """Load the model."""
        self.score = scorer.load()

    def decode_request(self, request: Record) -> Record:
        """Take the customer as it is."""
        return request

    def predict(self, customer: Record) -> Record:
        """Score one customer."""
        return self.score(customer)

    def encode_response(self, prediction: Record) -> Record:
        """Answer with the prediction as it is."""
        return prediction


if __name__ == "__main__":
    server = litserve.LitServer(Churn(), accelerator="cpu", track_requests=False)
    server.run(
        host="127.0.0.1",
        port=int(port()),
        generate_client_file=False,
        log_level="warning",
    )
