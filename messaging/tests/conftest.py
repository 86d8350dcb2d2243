import pytest

from messaging.accept import acceptance


@pytest.fixture(autouse=True)
async def _no_pool_outlives_its_loop():
    """Each test has its own event loop, and messaging/accept/ has a connection pool for each loop."""
    yield
    await acceptance.close()
