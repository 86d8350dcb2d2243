from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from accounts.lookup import person_with
from contacts.models import Contact
from contacts.serializers import AddContactSerializer, ContactListSerializer, ContactSerializer
from vibechat.core.exceptions import NotFound
from vibechat.core.limits import LimitedViewSet, limit


class ContactViewSet(LimitedViewSet):
    request: AccountRequest
    limits = {"add": [limit("contact_add", by="account")]}

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.filter(user=self.request.user).select_related("contact")

    @extend_schema(request=AddContactSerializer, responses={200: ContactSerializer, 201: ContactSerializer})
    def add(self, request: AccountRequest) -> Response:
        serializer = AddContactSerializer(data=request.data, context={"user": request.user})
        serializer.is_valid(raise_exception=True)
        person = person_with(serializer.validated_data["email"])
        contact, is_new = Contact.objects.get_or_create(user=request.user, contact=person)
        return Response(ContactSerializer(contact).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(responses=ContactListSerializer)
    def list(self, request: AccountRequest) -> Response:
        contacts = self.get_queryset().order_by("-id")
        return Response({"results": ContactSerializer(contacts, many=True).data})

    @extend_schema(responses={204: OpenApiResponse(description="No body.")})
    def destroy(self, request: AccountRequest, id: int | None) -> Response:
        deleted, _ = self.get_queryset().filter(pk=id).delete() if id is not None else (0, {})
        if not deleted:
            raise NotFound()
        return Response(status=status.HTTP_204_NO_CONTENT)
