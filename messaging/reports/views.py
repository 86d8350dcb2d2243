from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from messaging.reports.report import Report
from messaging.reports.serializers import ReportKeySerializer, ReportSerializer, SendReportSerializer
from vibechat.core.limits import LimitedViewSet, limit
from vibechat.core.logs import security_event


class ReportViewSet(LimitedViewSet):
    limits = {"send": [limit("report", by="account")]}

    @extend_schema(responses=ReportKeySerializer)
    def key(self, request: AccountRequest) -> Response:
        return Response({"key": settings.REPORT_KEY or None})

    @extend_schema(request=SendReportSerializer, responses={201: ReportSerializer})
    def send(self, request: AccountRequest) -> Response:
        serializer = SendReportSerializer(data=request.data, context={"user": request.user})
        serializer.is_valid(raise_exception=True)
        report = Report.objects.file(request.user, **serializer.validated_data)
        security_event("report", user=request.user.pk, report=report.pk)
        return Response(ReportSerializer(report).data, 201)
