from rest_framework.test import APIClient

URL = "/api/auth/logout"


def test_log_out_is_204_without_a_body(alice):
    response = alice.post(URL)
    assert response.status_code == 204
    assert response.content == b""


def test_log_out_ends_its_own_session_only(alice, anonymous):
    login = {"email": alice.email, "password": "correct horse battery"}
    other = anonymous.post("/api/auth/login", login, format="json").json()
    alice.post(URL)
    assert alice.get("/api/auth/me").status_code == 401
    assert anonymous.post("/api/auth/refresh", {"refresh": alice.tokens["refresh"]}, format="json").status_code == 401
    assert anonymous.get("/api/auth/me", headers={"Authorization": f"Bearer {other['access']}"}).status_code == 200


def test_log_out_by_cookie_ends_the_session_and_expires_the_cookie(alice, settings):
    browser = APIClient()
    browser.cookies[settings.REFRESH_COOKIE] = alice.tokens["refresh"]
    response = browser.post(URL, {}, format="json")
    assert response.status_code == 204
    assert response.cookies[settings.REFRESH_COOKIE]["max-age"] == 0
    assert alice.get("/api/auth/me").status_code == 401


def test_log_out_uses_the_cookie_if_the_access_token_has_expired(alice, settings):
    browser = APIClient(headers={"Authorization": "Bearer expired"})
    browser.cookies[settings.REFRESH_COOKIE] = alice.tokens["refresh"]
    assert browser.post(URL, {}, format="json").status_code == 204
    assert alice.get("/api/auth/me").status_code == 401


def test_log_out_keeps_the_cookie_of_another_account(alice, bob, settings):
    browser = APIClient(headers={"Authorization": f"Bearer {alice.tokens['access']}"})
    browser.cookies[settings.REFRESH_COOKIE] = bob.tokens["refresh"]
    response = browser.post(URL, {}, format="json")
    assert response.status_code == 204
    assert settings.REFRESH_COOKIE not in response.cookies
    assert alice.get("/api/auth/me").status_code == 401
    assert bob.get("/api/auth/me").status_code == 200


def test_page_of_another_site_cannot_log_out(alice, settings):
    browser = APIClient()
    browser.cookies[settings.REFRESH_COOKIE] = alice.tokens["refresh"]
    assert browser.post(URL, {}, format="json", headers={"Origin": "https://evil.example"}).status_code == 403
    assert alice.get("/api/auth/me").status_code == 200


def test_anonymous_gets_401(anonymous, db):
    response = anonymous.post(URL)
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
