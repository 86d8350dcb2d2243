from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import AccountRequest
from accounts.lookup import person_with
from contacts.models import Block, Contact, after_change
from contacts.serializers import (
    AddContactSerializer,
    BlockListSerializer,
    BlockSerializer,
    ContactListSerializer,
    ContactSerializer,
)
from vibechat.core.exceptions import NotFound
from vibechat.core.limits import LimitedViewSet, limit

# The answer reveals whether an address has an account.
LIMIT = limit("contact_add", by="account")


def tell_of_change(user_id: int) -> None:
    for callback in after_change:
        callback(user_id)


class PeopleViewSet(LimitedViewSet):
    """A list of other people that an account keeps. `person` is the model's column that names them."""

    request: AccountRequest
    limits = {"add": [LIMIT]}
    model: type[Contact] | type[Block]
    person: str
    serializer: type[BaseSerializer]

    def get_queryset(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(user=self.request.user).select_related(self.person)

    def answer_with_added(self, request: AccountRequest) -> Response:
        serializer = AddContactSerializer(data=request.data, context={"user": request.user})
        serializer.is_valid(raise_exception=True)
        whom: dict[str, Any] = {self.person: person_with(serializer.validated_data["email"])}
        row, is_new = self.model._default_manager.get_or_create(user=request.user, **whom)
        if is_new:
            tell_of_change(request.user.pk)
        return Response(self.serializer(row).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    def answer_with_list(self) -> Response:
        return Response({"results": self.serializer(self.get_queryset().order_by("-id"), many=True).data})

    @extend_schema(responses={204: OpenApiResponse(description="No body.")})
    def destroy(self, request: AccountRequest, id: int | None) -> Response:
        deleted, _ = self.get_queryset().filter(pk=id).delete() if id is not None else (0, {})
        if not deleted:
            raise NotFound()
        tell_of_change(request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContactViewSet(PeopleViewSet):
    model, person, serializer = Contact, "contact", ContactSerializer

    @extend_schema(request=AddContactSerializer, responses={200: ContactSerializer, 201: ContactSerializer})
    def add(self, request: AccountRequest) -> Response:
        return self.answer_with_added(request)

    @extend_schema(responses=ContactListSerializer)
    def list(self, request: AccountRequest) -> Response:
        return self.answer_with_list()


class BlockViewSet(PeopleViewSet):
    """A message to somebody who has blocked its sender is accepted and kept for the sender alone (messaging/accept)."""

    model, person, serializer = Block, "blocked", BlockSerializer

    @extend_schema(request=AddContactSerializer, responses={200: BlockSerializer, 201: BlockSerializer})
    def add(self, request: AccountRequest) -> Response:
        return self.answer_with_added(request)

    @extend_schema(responses=BlockListSerializer)
    def list(self, request: AccountRequest) -> Response:
        return self.answer_with_list()
