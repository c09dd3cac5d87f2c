"""LocalStack's management of APIs, where it lets what AWS refuses: two of the same, or a stage without deployment."""

from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.apigateway import (
    BadRequestException,
    ConflictException,
    CreateStageRequest,
    Deployment,
    Method,
    NotFoundException,
    Resource,
    Stage,
)
from localstack.services.apigateway.helpers import get_moto_rest_api
from localstack.services.apigateway.next_gen.provider import ApigatewayNextGenProvider
from localstack.services.moto import call_moto


class RestApis(ApigatewayNextGenProvider):
    """The service; what it refuses besides, it does in the words of AWS."""

    @handler("CreateResource")
    def create_resource(
        self, context: RequestContext, rest_api_id: str, parent_id: str, path_part: str, **kwargs: object
    ) -> Resource:
        """Refuse a path without a name, and a second one, which would take the requests, or not, of the first."""
        if not path_part:
            raise BadRequestException("Resource's path part must be specified")
        siblings = get_moto_rest_api(context, rest_api_id).resources.values()
        if any(one.parent_id == parent_id and one.path_part == path_part for one in siblings):
            raise ConflictException(f"Another resource with the same parent already has this name: {path_part}")
        return super().create_resource(context, rest_api_id, parent_id, path_part, **kwargs)

    @handler("PutMethod")
    def put_method(self, context: RequestContext, *args: Any, **given: Any) -> Method:
        """Refuse a method that is there: UpdateMethod changes it, and its integration would be lost."""
        resource = get_moto_rest_api(context, given["rest_api_id"]).resources.get(given["resource_id"])
        if resource and given["http_method"] in resource.resource_methods:
            raise ConflictException("Method already exists for this resource")
        return super().put_method(context, *args, **given)

    @handler("CreateStage", expand=False)
    def create_stage(  # type: ignore[override]  # LocalStack's own takes the request whole too
        self, context: RequestContext, request: CreateStageRequest
    ) -> Stage:
        """Refuse a deployment that is not there; to UpdateStage, AWS and LocalStack say the same."""
        if request["deploymentId"] not in get_moto_rest_api(context, request["restApiId"]).deployments:
            raise BadRequestException("Deployment id does not exist")
        return super().create_stage(context, request)

    @handler("DeleteDeployment")
    def delete_deployment(
        self, context: RequestContext, rest_api_id: str, deployment_id: str, **kwargs: object
    ) -> None:
        """Refuse a deployment that a stage uses, also if UpdateStage has moved it there (AWS, "DeleteDeployment")."""
        stages = get_moto_rest_api(context, rest_api_id).stages.values()
        if any(stage.deployment_id == deployment_id for stage in stages):
            raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
        super().delete_deployment(context, rest_api_id, deployment_id, **kwargs)

    @handler("GetDeployment")
    def get_deployment(
        self, context: RequestContext, rest_api_id: str, deployment_id: str, *args: object, **kwargs: object
    ) -> Deployment:
        """Say that a deployment is not there, as DeleteDeployment does."""
        if deployment_id not in get_moto_rest_api(context, rest_api_id).deployments:
            raise NotFoundException("Invalid Deployment identifier specified")
        deployment: Deployment = call_moto(context)
        return deployment
