"""What an embedded registry answers where it does not do as it is asked."""

__all__ = ["Refused"]


class Refused(Exception):
    """The registry's answer is an error.

    Attributes:
        code: Confluent's; its first three digits are the status of HTTP.
        message: What is wrong.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return int(str(self.code)[:3])
