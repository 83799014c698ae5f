from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_RETURNED: _ClassVar[Reason]
    REASON_GOODWILL: _ClassVar[Reason]
REASON_UNSPECIFIED: Reason
REASON_RETURNED: Reason
REASON_GOODWILL: Reason

class RefundIssued(_message.Message):
    __slots__ = ("order_id", "cents", "reason")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CENTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    cents: int
    reason: Reason
    def __init__(self, order_id: _Optional[int] = ..., cents: _Optional[int] = ..., reason: _Optional[_Union[Reason, str]] = ...) -> None: ...
