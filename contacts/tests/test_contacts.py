import pytest
from django.db import IntegrityError

from accounts.models import User
from contacts.models import Contact


class TestAdd:
    def test_contact_is_found_by_any_spelling_of_the_address(self, alice, bob):
        response = alice.post("/api/contacts/add", {"email": "Bob@Example.org "})
        assert response.status_code == 201
        contact = response.json()
        assert set(contact) == {"id", "email", "display_name", "created_at"}
        assert (contact["email"], contact["display_name"]) == (bob.email, "Bob")
        assert contact["id"] == Contact.objects.get().pk

    def test_repeated_add_is_200_with_the_same_contact(self, alice, bob):
        first = alice.post("/api/contacts/add", {"email": bob.email})
        again = alice.post("/api/contacts/add", {"email": bob.email})
        assert again.status_code == 200
        assert again.json() == first.json()

    def test_contact_is_not_added_for_the_other_person(self, alice, bob):
        alice.post("/api/contacts/add", {"email": bob.email})
        assert bob.get("/api/contacts/list").json() == {"results": []}

    def test_own_address_is_400(self, alice):
        response = alice.post("/api/contacts/add", {"email": alice.email.upper()})
        assert response.status_code == 400
        assert response.json()["fields"]["email"][0]["code"] == "yourself"

    def test_unknown_and_suspended_accounts_are_404(self, alice, bob):
        User.objects.filter(pk=bob.user.pk).update(is_active=False)
        for email in ("nobody@example.org", bob.email):
            response = alice.post("/api/contacts/add", {"email": email})
            assert response.status_code == 404
            assert response.json()["code"] == "user_not_found"

    @pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": 5}, [], {"email": None}])
    def test_malformed_body_is_400(self, alice, body):
        assert alice.post("/api/contacts/add", body).status_code == 400


class TestList:
    def test_newest_contact_is_first(self, alice, bob, mallory):
        alice.post("/api/contacts/add", {"email": bob.email})
        alice.post("/api/contacts/add", {"email": mallory.email})
        emails = [contact["email"] for contact in alice.get("/api/contacts/list").json()["results"]]
        assert emails == [mallory.email, bob.email]


class TestRemove:
    def test_removed_contact_is_gone(self, alice, bob):
        contact = alice.post("/api/contacts/add", {"email": bob.email}).json()
        assert alice.delete(f"/api/contacts/{contact['id']}").status_code == 204
        assert alice.get("/api/contacts/list").json() == {"results": []}
        assert alice.delete(f"/api/contacts/{contact['id']}").status_code == 404

    def test_contact_of_another_account_is_404(self, alice, bob, mallory):
        contact = alice.post("/api/contacts/add", {"email": bob.email}).json()
        for other in (bob, mallory):
            assert other.delete(f"/api/contacts/{contact['id']}").status_code == 404
        assert Contact.objects.count() == 1

    @pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 30, "%00", "\u0663"])
    def test_malformed_id_is_404(self, alice, text):
        assert alice.delete(f"/api/contacts/{text}").status_code == 404


def test_database_refuses_the_own_account_as_contact(alice):
    with pytest.raises(IntegrityError):
        Contact.objects.create(user=alice.user, contact=alice.user)
