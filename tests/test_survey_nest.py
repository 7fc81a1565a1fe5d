"""The API table of the NestJS sample."""

from __future__ import annotations

from tests.api_table import SAMPLES, app_of, table, taken
from tests.test_survey_routes import routes


def test_methods_of_controllers_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "nest") == {
        "GET /api/notes": "validation",
        "POST /api/notes": "validation",
        "POST /api/notes/mine": "authentication validation",
        "PATCH /api/notes/:id": "authentication validation",
        "PUT /api/notes/:id": "authentication validation",
        "DELETE /api/notes/old/:id": "authentication validation",
        "DELETE /api/notes/:id": "validation",
        "PUT /api/tags/:id": "authentication validation",
        "POST /api/tags/:id": "validation",
        "DELETE /api/labels/:id": "authentication validation",
        "POST /api/labels/:id": "validation",
        "SOCKET /socket (GuardedGateway)": "authentication",
        "SOCKET /socket (OpenGateway)": "",
        "SOCKET /socket (VerifiedGateway)": "authentication",
    }


def test_parameters_come_from_decorators_and_from_the_classes_of_bodies() -> None:
    found = taken(SAMPLES / "nest")
    assert found["POST /api/notes"] == {("body", "note"), ("body", "text"), ("body", "pinned")}
    assert found["POST /api/notes/mine"] == {("body", "text")}
    assert found["DELETE /api/notes/:id"] == {("path", "id")}


def test_the_rows_of_services_are_seen_from_the_controller() -> None:
    app = app_of(SAMPLES / "nest")
    assert {(a.table, a.verb, a.bound) for a in app.accesses} == {
        ("Note", "delete", "id"),
        ("Note", "read", "none"),
        ("Note", "update", "none"),
        ("Message", "insert", "caller"),
        ("Message", "insert", "none"),
    }


ROLES = """
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.getAllAndOverride<string[]>('roles', [context.getHandler(), context.getClass()]);
    if (!roles) { return true; }
    const { user } = context.switchToHttp().getRequest();
    return roles.includes(user.role);
  }
}
export const Roles = (...roles: string[]) => SetMetadata('roles', roles);
"""
APP = """
import { RolesGuard } from './roles';
@Module({ providers: [{ provide: APP_GUARD, useClass: RolesGuard }] })
export class AppModule {}
"""
CATS = """
import { Roles } from './roles';
@Controller('cats')
export class CatsController {
  @Post() add(@Body() cat: object) { return this.cats.create(cat); }
  @Roles('keeper') @Delete(':id') remove(@Param('id') id: string) { return this.cats.delete(id); }
}
"""


def test_a_guard_that_lets_through_where_no_role_is_named_guards_the_others_alone() -> None:
    found = routes({"roles.ts": ROLES, "app.module.ts": APP, "cats.controller.ts": CATS})
    kinds = {path: {g.kind for g in route.guards} for path, route in found.items()}
    assert kinds == {"POST /cats": set(), "DELETE /cats/:id": {"authentication", "authorization"}}
